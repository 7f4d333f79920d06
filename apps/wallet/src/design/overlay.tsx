import type { ReactNode } from "react";
import { StyleSheet, View } from "react-native";

/** Covers the whole page with its children. */
export function Overlay({ children }: { readonly children: ReactNode }) {
  return <View style={StyleSheet.absoluteFill}>{children}</View>;
}
