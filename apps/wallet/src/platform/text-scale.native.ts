import { useWindowDimensions } from "react-native";

/** The text scale from the phone's settings; 1 is the default. */
export function useTextScale(): number {
  return useWindowDimensions().fontScale;
}
