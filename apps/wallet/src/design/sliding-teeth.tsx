import type { ReactNode } from "react";
import { StyleSheet, View } from "react-native";
import { motion, toothHeight } from "./tokens.ts";

type SlidingTeethProps = { readonly moving: boolean; readonly children: ReactNode };

/**
 * Slides a column of teeth down by one tooth per period, in a loop, while money moves. In browsers this is a CSS
 * animation: React Native's `Animated` would pull in its list components, 35 KB of the first script (gzip).
 */
export function SlidingTeeth({ moving, children }: SlidingTeethProps) {
  return <View style={[styles.still, moving ? styles.moving : null]}>{children}</View>;
}

/** React Native for the web compiles these properties; React Native's types do not have them. */
const slide: object = {
  animationKeyframes: {
    from: { transform: `translateY(${String(-toothHeight)}px)` },
    to: { transform: "translateY(0)" },
  },
  animationDuration: `${String(motion.teeth)}ms`,
  animationIterationCount: "infinite",
  animationTimingFunction: "linear",
} satisfies Record<string, unknown>;

const styles = StyleSheet.create({
  still: { transform: [{ translateY: -toothHeight }] },
  moving: slide,
});
