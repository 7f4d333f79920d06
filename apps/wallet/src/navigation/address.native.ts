import { BackHandler } from "react-native";
import type { Navigation, Route } from "./navigation.ts";

/** A phone's app has no address. */
export function routeOf(_address: string): Route {
  return { name: "home" };
}

/** There is nothing to forget. */
export function goHome(): void {}

/** Keeps the phone's back button with the stack. Returns how to end that. */
export function followAddress(navigation: Navigation): () => void {
  const pressed = BackHandler.addEventListener("hardwareBackPress", () => {
    if (navigation.stack().length <= 1) return false;
    navigation.back();
    return true;
  });
  return () => {
    pressed.remove();
  };
}
