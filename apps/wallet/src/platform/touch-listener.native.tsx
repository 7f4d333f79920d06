import type { ReactNode } from "react";
import { StyleSheet, View } from "react-native";
import { touched } from "./touches.native.ts";

/** Around everything: sees each touch first, and takes none. */
export function TouchListener({ children }: { readonly children: ReactNode }) {
  const see = () => {
    touched();
    return false;
  };
  return (
    <View
      style={styles.ground}
      onStartShouldSetResponderCapture={see}
      onMoveShouldSetResponderCapture={see}
    >
      {children}
    </View>
  );
}

const styles = StyleSheet.create({ ground: { flex: 1 } });
