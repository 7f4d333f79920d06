import { err } from "@satsconnect/money";

/** For calls that move nothing: whatever the engine's trouble is, asking again later is safe. */
export function engineUnavailable() {
  return err(
    "engine_unavailable",
    "The Lightning node cannot be reached right now. Try again in a moment.",
    "safe",
  );
}
