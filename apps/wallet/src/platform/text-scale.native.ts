import { useWindowDimensions } from "react-native";

/** How much larger than usual this person reads: by the phone's own setting. */
export function useTextScale(): number {
  return useWindowDimensions().fontScale;
}
