import type { ReactNode } from "react";
import { StyleSheet, View } from "react-native";
import { motion, toothHeight } from "./tokens.ts";

type SlidingTeethProps = { readonly moving: boolean; readonly children: ReactNode };

/**
 * Slides a column of teeth down by one tooth, again and again, while money moves. In browsers as a CSS animation:
 * React Native's `Animated` would bring its lists along, 25 KB of the first script.
 */
export function SlidingTeeth({ moving, children }: SlidingTeethProps) {
  return <View style={[styles.still, moving ? styles.moving : null]}>{children}</View>;
}

/** React Native for the web compiles these; React Native's types do not have them. */
const slide: object = {
  animationKeyframes: {
    from: { transform: [{ translateY: -toothHeight }] },
    to: { transform: [{ translateY: 0 }] },
  },
  animationDuration: `${String(motion.teeth)}ms`,
  animationIterationCount: "infinite",
  animationTimingFunction: "linear",
} satisfies Record<string, unknown>;

const styles = StyleSheet.create({
  still: { transform: [{ translateY: -toothHeight }] },
  moving: slide,
});
