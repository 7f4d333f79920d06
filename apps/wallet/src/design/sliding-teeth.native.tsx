import { useEffect, useRef } from "react";
import type { ReactNode } from "react";
import { Animated, Easing } from "react-native";
import { motion, toothHeight } from "./tokens.ts";

type SlidingTeethProps = { readonly moving: boolean; readonly children: ReactNode };

/** Slides a column of teeth down by one tooth per period, in a loop, while money moves. */
export function SlidingTeeth({ moving, children }: SlidingTeethProps) {
  const travel = useRef(new Animated.Value(0)).current;
  useEffect(() => {
    if (!moving) {
      travel.setValue(0);
      return;
    }
    const loop = Animated.loop(
      Animated.timing(travel, {
        toValue: 1,
        duration: motion.teeth,
        easing: Easing.linear,
        useNativeDriver: false,
      }),
    );
    loop.start();
    return () => {
      loop.stop();
    };
  }, [moving, travel]);
  const translateY = travel.interpolate({ inputRange: [0, 1], outputRange: [-toothHeight, 0] });
  return <Animated.View style={{ transform: [{ translateY }] }}>{children}</Animated.View>;
}
