import { useEffect, useState } from "react";
import { AccessibilityInfo } from "react-native";

/** Whether the phone or browser is set to reduce motion. */
export function useReducedMotion(): boolean {
  const [reduced, setReduced] = useState(false);
  useEffect(() => {
    let isUnmounted = false;
    const ask = async () => {
      const answer = await AccessibilityInfo.isReduceMotionEnabled();
      if (!isUnmounted) setReduced(answer);
    };
    void ask();
    const listening = AccessibilityInfo.addEventListener("reduceMotionChanged", setReduced);
    return () => {
      isUnmounted = true;
      listening.remove();
    };
  }, []);
  return reduced;
}
