import { BackHandler } from "react-native";
import type { Navigation, Route } from "./navigation.ts";

/** Phones have no address to reset. */
export function resetAddress(): void {}

/** Connects the phone's back button to the stack. Returns the function that disconnects it. */
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

/** An app on a phone always starts at home. */
export function firstRoute(_last: string | null): Route {
  return { name: "home" };
}

export function privateAddressOf(_route: Route): string | null {
  return null;
}

export function hideAddress(): void {}
