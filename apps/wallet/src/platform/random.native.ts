import { getRandomValues, randomUUID } from "expo-crypto";

/** React Native has no `crypto`: the system's generator takes its place, before anything asks for it. */
export function installRandomness(): void {
  const present = globalThis.crypto as Crypto | undefined;
  if (typeof present?.getRandomValues === "function") return;
  Object.defineProperty(globalThis, "crypto", { value: { getRandomValues, randomUUID } });
}
