import Constants from "expo-constants";
import { Platform } from "react-native";

/**
 * The name under which a person recognises this device in a list: the one the system gives it, at most 60 characters.
 */
export function deviceName(): string {
  const system = Platform.OS === "ios" ? "iPhone" : "Android";
  return (Constants.deviceName ?? system).slice(0, 60);
}
