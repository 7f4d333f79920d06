import { err } from "@satsconnect/money";

/** For calls that move no money: after any failure of the engine, retrying is safe. */
export function engineUnavailable() {
  return err(
    "engine_unavailable",
    "The Lightning node cannot be reached right now. Try again in a moment.",
    "safe",
  );
}
