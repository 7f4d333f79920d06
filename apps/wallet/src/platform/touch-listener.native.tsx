import type { ReactNode } from "react";
import { StyleSheet, View } from "react-native";
import { touched } from "./touches.native.ts";

/** Wraps the whole app and reports each touch, without handling any. */
export function TouchListener({ children }: { readonly children: ReactNode }) {
  const report = () => {
    touched();
    return false;
  };
  return (
    <View
      style={styles.fill}
      onStartShouldSetResponderCapture={report}
      onMoveShouldSetResponderCapture={report}
    >
      {children}
    </View>
  );
}

const styles = StyleSheet.create({ fill: { flex: 1 } });
