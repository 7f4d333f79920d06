import { getRandomValues, randomUUID } from "expo-crypto";

/**
 * Installs a global `crypto` with the system's random generator: React Native has none. Call it before anything uses
 * `crypto`.
 */
export function installRandomness(): void {
  const present = globalThis.crypto as Crypto | undefined;
  if (typeof present?.getRandomValues === "function") return;
  Object.defineProperty(globalThis, "crypto", { value: { getRandomValues, randomUUID } });
}
