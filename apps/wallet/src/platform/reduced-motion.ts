import { useEffect, useState } from "react";
import { AccessibilityInfo } from "react-native";

/** Whether the phone or browser is set to reduce motion. */
export function useReducedMotion(): boolean {
  const [reduced, setReduced] = useState(false);
  useEffect(() => {
    let isUnmounted = false;
    const readSetting = async () => {
      const answer = await AccessibilityInfo.isReduceMotionEnabled();
      if (!isUnmounted) setReduced(answer);
    };
    void readSetting();
    const listening = AccessibilityInfo.addEventListener("reduceMotionChanged", setReduced);
    return () => {
      isUnmounted = true;
      listening.remove();
    };
  }, []);
  return reduced;
}
