import { err } from "@satsconnect/money";
import type { CoreError } from "../core/generated/index.ts";
import type { CommandResult } from "../core/generated/index.ts";
import { SessionEnded } from "./core-loop.ts";
import type { CommandOutcome } from "./core-loop.ts";

/** Maps a core error to a failure, for calls without a more specific code. The command had no effect. */
export function refused(error: CoreError) {
  switch (error.code) {
    case "badInput":
    case "badAmount":
    case "wrongNetwork":
      return err("invalid_request", sentence(error.message), "never");
    default:
      return err("refused", sentence(error.message), "safe");
  }
}

/** The node failed during a call. */
export function interrupted() {
  return err(
    "node_interrupted",
    "The node restarted during this call. Check the payment's or channel's record before retrying.",
    "unknown",
  );
}

/** For work that is resumed when the core restarts. @throws every other error. */
export function ignoreSessionEnd(error: unknown): void {
  if (!(error instanceof SessionEnded)) throw error;
}

/** The core answered a command with another command's result: a bug, or a core of another version. */
export function unexpected(outcome: CommandOutcome): never {
  const what = outcome.ok ? outcome.value.type : outcome.error.message;
  throw new Error(`unexpected answer from the core: ${what}`);
}

/** Narrows an outcome to a result type. @throws Error when it is an error or another type: a bug. */
export function expectResult<Type extends CommandResult["type"]>(
  outcome: CommandOutcome,
  type: Type,
): Extract<CommandResult, { type: Type }> {
  if (!outcome.ok || outcome.value.type !== type) return unexpected(outcome);
  // TypeScript does not narrow by a generic discriminant
  return outcome.value as Extract<CommandResult, { type: Type }>;
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return first.endsWith(".") ? first : `${first}.`;
}
