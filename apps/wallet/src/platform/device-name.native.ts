import Constants from "expo-constants";
import { Platform } from "react-native";

/** How a person knows this device in a list: what its system calls it. */
export function deviceName(): string {
  const system = Platform.OS === "ios" ? "iPhone" : "Android";
  return (Constants.deviceName ?? system).slice(0, 60);
}
