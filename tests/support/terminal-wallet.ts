import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { nodeArguments } from "../../scripts/stack/app.ts";
import { nodeBinary } from "../../scripts/support/paths.ts";

/** One output line of the terminal wallet with `--json`. */
export type Line = Readonly<Record<string, unknown>> & { readonly type: string };

/** A command of the terminal wallet in its own process. */
export type WalletRun = {
  readonly lines: readonly Line[];
  /** Resolves with the first line that satisfies this. @throws when the command exits without one. */
  readonly line: (satisfies: (line: Line) => boolean) => Promise<Line>;
  /** Resolves when the command has exited. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly lines: readonly Line[] }>;
  readonly kill: () => Promise<void>;
};

/** The terminal wallet with this name in a state folder. */
export function terminalWallet(home: string, name: string) {
  const run = (...args: readonly string[]): WalletRun => {
    const child: ChildProcess = spawn(
      nodeBinary,
      [
        ...nodeArguments(path.join("apps", "cli", "src", "main.ts")),
        ...["--json", "--home", home, "--wallet", name],
        ...args,
      ],
      { stdio: ["pipe", "pipe", "pipe"] },
    );
    const lines: Line[] = [];
    const errors: string[] = [];
    const listeners = new Set<() => void>();
    const notifyListeners = (): void => {
      for (const listener of listeners) listener();
    };
    if (child.stdout !== null)
      createInterface(child.stdout).on("line", (text) => {
        lines.push(JSON.parse(text) as Line);
        notifyListeners();
      });
    if (child.stderr !== null)
      createInterface(child.stderr).on("line", (text) => errors.push(text));
    let hasExited = false;
    const ended = new Promise<{ exitCode: number | null; lines: readonly Line[] }>((resolve) => {
      child.once("close", (exitCode) => {
        hasExited = true;
        notifyListeners();
        resolve({ exitCode, lines });
      });
    });
    return {
      lines,
      ended,
      line: (satisfies) =>
        new Promise((resolve, reject) => {
          const check = (): void => {
            const found = lines.find(satisfies);
            if (found !== undefined) resolve(found);
            else if (hasExited)
              reject(
                new Error(
                  `The command exited first: ${JSON.stringify(lines)} ${errors.join("\n")}`,
                ),
              );
            else return;
            listeners.delete(check);
          };
          listeners.add(check);
          check();
        }),
      async kill() {
        child.kill("SIGKILL");
        await ended;
      },
    };
  };
  return { run };
}
