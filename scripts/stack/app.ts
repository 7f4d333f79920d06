import path from "node:path";
import { nodeBinary, root } from "../support/paths.ts";
import { startProcess } from "../support/processes.ts";
import type { RunningProcess } from "../support/processes.ts";

/** A process of this repository that can be stopped and started again in place. */
export type App = {
  readonly name: string;
  readonly process: () => RunningProcess;
  /** Fields of the log line that announced readiness. */
  readonly ready: () => Readonly<Record<string, unknown>>;
  /** Starts it again after `kill` or `stop`, with the same environment. */
  readonly start: () => Promise<void>;
  /** Kills it without warning (SIGKILL), as a power cut would. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type AppOptions = {
  readonly name: string;
  readonly entry: string;
  readonly environment: () => Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly onLine?: (line: string) => void;
  readonly readyTimeoutMs?: number;
};

const stopWithParent = new URL("../support/stop-with-parent.ts", import.meta.url).href;

/** Node.js arguments for a process that stops when its parent exits. */
export function nodeArguments(entry: string): readonly string[] {
  return [
    "--disable-warning=ExperimentalWarning",
    // gRPC uses the server's address as its TLS server name, and here that is an IP address.
    "--disable-warning=DEP0123",
    `--import=${stopWithParent}`,
    path.join(root, entry),
  ];
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith("{")) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** Starts a process and waits for its log line `ready`. @throws Error with the last lines of its output. */
export async function startApp(options: AppOptions): Promise<App> {
  const launch = (): Promise<RunningProcess> =>
    startProcess({
      name: options.name,
      command: nodeBinary,
      args: nodeArguments(options.entry),
      cwd: root,
      env: { NODE_ENV: "production", ...options.environment() },
      logFile: options.logFile,
      readyWhen: (line) => fieldsOf(line)?.["msg"] === "ready",
      readyTimeoutMs: options.readyTimeoutMs ?? 90_000,
      ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
    });
  let running = await launch();
  return {
    name: options.name,
    process: () => running,
    ready: () => fieldsOf(running.readyLine) ?? {},
    async start() {
      if (running.isRunning()) throw new Error(`${options.name} is already running`);
      running = await launch();
    },
    kill: () => running.kill(),
    stop: () => running.stop(),
  };
}
