import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";
import { createInterface } from "node:readline";

export type RunningProcess = {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has exited, with its exit code or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly isRunning: () => boolean;
  /** Sends a signal and, after the grace time, SIGKILL. */
  readonly stop: (signal?: NodeJS.Signals, graceMs?: number) => Promise<void>;
  /** Sends SIGKILL, as a power cut would. */
  readonly kill: () => Promise<void>;
  /** The output line that announced readiness. */
  readonly readyLine: string;
  /** The last lines of its output, for error messages. */
  readonly tail: () => string;
};

export type StartOptions = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** File that all output is appended to. */
  readonly logFile?: string;
  /** The process is ready once a line of its output satisfies this. */
  readonly readyWhen?: (line: string) => boolean;
  readonly readyTimeoutMs?: number;
  /** Receives each line of its output. */
  readonly onLine?: (line: string) => void;
  /**
   * For foreign programs: the signal that stops them when this process exits. A small shell in between waits for the
   * end of its input. Our own programs watch their standard input themselves (`stop-with-parent.ts`).
   */
  readonly guardedBy?: "SIGTERM" | "SIGINT";
};

/**
 * `sh -c guard sh <signal> program arguments…`: stops the program on a signal, or when the shell's own standard input
 * ends.
 */
const guard = [
  "signal=$1; shift",
  'exec 3<&0; "$@" </dev/null & program=$!',
  '{ cat <&3 >/dev/null; kill -s "$signal" "$program"; } 2>/dev/null & watch=$!',
  "exec 3<&-",
  'trap \'kill -s "$signal" "$program"\' TERM INT',
  'while :; do wait "$program"; code=$?; kill -0 "$program" 2>/dev/null || break; done',
  'kill "$watch" 2>/dev/null; exit "$code"',
].join("\n");

const tailLines = 60;

/**
 * Starts a process in its own process group and waits until it is ready. Its standard input is a pipe that closes
 * when this process exits, which our own programs take as the request to stop.
 * @throws Error with its last output when it exits before it is ready or exceeds the timeout.
 */
export async function startProcess(options: StartOptions): Promise<RunningProcess> {
  const { guardedBy } = options;
  const [command, args] =
    guardedBy === undefined
      ? [options.command, options.args]
      : ["/bin/sh", ["-c", guard, "sh", guardedBy.slice(3), options.command, ...options.args]];
  const child: ChildProcess = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.gid ?? options.uid }),
  });
  const lines: string[] = [];
  const log: WriteStream | null =
    options.logFile === undefined
      ? null
      : createWriteStream(options.logFile, { flags: "a", mode: 0o600 });
  let running = true;
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("exit", (code, signal) => {
      running = false;
      // The last output may still be in the pipe.
      setTimeout(() => log?.end(), 200).unref();
      resolve(signal ?? code ?? 1);
    });
    child.once("error", (error) => {
      running = false;
      lines.push(error.message);
      resolve(127);
    });
  });
  // Writing to the pipe of a dead process must not crash this one.
  child.stdin?.on("error", () => undefined);

  let readyLine = "";
  const ready = new Promise<void>((resolve) => {
    if (options.readyWhen === undefined) resolve();
    let isReady = options.readyWhen === undefined;
    const onLine = (line: string): void => {
      if (log !== null && !log.writableEnded) log.write(`${line}\n`);
      lines.push(line);
      if (lines.length > tailLines) lines.shift();
      options.onLine?.(line);
      if (isReady || options.readyWhen?.(line) !== true) return;
      isReady = true;
      readyLine = line;
      resolve();
    };
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null) createInterface(stream).on("line", onLine);
  });

  const signalGroup = (signal: NodeJS.Signals): void => {
    if (!running || child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      child.kill(signal);
    }
  };
  const handle: RunningProcess = {
    name: options.name,
    pid: child.pid ?? -1,
    exited,
    isRunning: () => running,
    get readyLine() {
      return readyLine;
    },
    tail: () => lines.join("\n"),
    async stop(signal = "SIGTERM", graceMs = 15_000) {
      if (!running) return;
      // Signals go to the process only: it stops its own children in its own order.
      child.kill(signal);
      const timer = setTimeout(() => {
        signalGroup("SIGKILL");
      }, graceMs);
      await exited;
      clearTimeout(timer);
    },
    async kill() {
      signalGroup("SIGKILL");
      await exited;
    },
  };

  const timeoutMs = options.readyTimeoutMs ?? 60_000;
  let timer: NodeJS.Timeout | undefined;
  const outcome = await Promise.race([
    ready.then(() => "ready" as const),
    exited.then(() => "ended" as const),
    new Promise<"silent">((resolve) => {
      timer = setTimeout(() => {
        resolve("silent");
      }, timeoutMs);
    }),
  ]);
  clearTimeout(timer);
  if (outcome === "ready") return handle;
  await handle.kill();
  const why =
    outcome === "ended"
      ? "ended before it was ready"
      : `was not ready after ${String(timeoutMs / 1000)} s`;
  throw new Error(`${options.name} ${why}. Its last output:\n${lines.join("\n")}`);
}

/**
 * Polls every 100 ms until the probe returns true. @throws Error with the name of the awaited thing and the last
 * error.
 */
export async function waitFor(
  awaited: string,
  probe: () => Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const until = Date.now() + timeoutMs;
  let reason = "";
  while (Date.now() < until) {
    try {
      if (await probe()) return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(
    `Timed out after ${String(timeoutMs / 1000)} s waiting for ${awaited}${reason === "" ? "" : `: ${reason}`}`,
  );
}
