import { err } from "@satsconnect/money";
import type { CoreError } from "../core/generated/index.ts";
import type { CommandResult } from "../core/generated/index.ts";
import { SessionEnded } from "./core-loop.ts";
import type { CommandOutcome } from "./core-loop.ts";

/** What the core refused, for calls that have no better word for it. Nothing happened. */
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

/** The node failed under a call. */
export function interrupted() {
  return err(
    "node_interrupted",
    "The node had to start again during this call. Look at the record before trying again.",
    "unknown",
  );
}

/** For work that the next life of the node does again by itself. @throws whatever else went wrong. */
export function ignoreSessionEnd(error: unknown): void {
  if (!(error instanceof SessionEnded)) throw error;
}

/** The core answered a command by another command's result: core and host do not belong together. */
export function unexpected(outcome: CommandOutcome): never {
  const what = outcome.ok ? outcome.value.type : outcome.error.message;
  throw new Error(`the core answered with ${what}`);
}

/** The result of the named type. @throws Error when it is another: a bug. */
export function expectResult<Type extends CommandResult["type"]>(
  outcome: CommandOutcome,
  type: Type,
): Extract<CommandResult, { type: Type }> {
  if (!outcome.ok || outcome.value.type !== type) return unexpected(outcome);
  // narrowed by the comparison; TypeScript does not follow a generic discriminant
  return outcome.value as Extract<CommandResult, { type: Type }>;
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return first.endsWith(".") ? first : `${first}.`;
}
