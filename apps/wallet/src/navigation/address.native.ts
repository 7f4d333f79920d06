import { BackHandler } from "react-native";
import type { Navigation, Route } from "./navigation.ts";

/** There is nothing to forget. */
export function resetAddress(): void {}

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

/** A phone's app begins at home, and shows no address. */
export function firstRoute(_kept: string | null): Route {
  return { name: "home" };
}

export function privateAddressOf(_route: Route): string | null {
  return null;
}

export function hideAddress(): void {}
