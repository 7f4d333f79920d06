import { closeSync, openSync, writeSync } from "node:fs";
import type { Logger } from "@satsconnect/lightning";

/** Writes the node's log to a file as JSON lines, because the terminal shows the command's own output. */
export function openLogFile(
  file: string,
  now: () => number,
): Logger & { readonly close: () => void } {
  const handle = openSync(file, "a", 0o600);
  const write =
    (level: string): Logger["info"] =>
    (fields, message) => {
      const line = { time: new Date(now()).toISOString(), level, msg: message, ...fields };
      writeSync(handle, `${JSON.stringify(line)}\n`);
    };
  return {
    debug: () => undefined,
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    close: () => {
      closeSync(handle);
    },
  };
}
