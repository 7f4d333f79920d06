import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { firstFreePort } from "../support/ports.ts";

const preferred = {
  api: 3000,
  simulator: 3100,
  merchant: 3200,
  wallet: 3400,
  engineHttp: 3300,
  engineGrpc: 3310,
  engineTcp: 9735,
  engineWebSocket: 9736,
  merchantTcp: 9745,
  postgres: 55432,
  redis: 56379,
  bitcoind: 18500,
  engineEsplora: 3320,
  watchtower: 3500,
  console: 3600,
  admin: 3610,
  apiMonitoring: 3010,
} as const;

/** Ports of a system on 127.0.0.1, by service. */
export type Ports = Readonly<Record<keyof typeof preferred, number>>;

/**
 * Chooses a free port for each service: the port of the last start if it is free, otherwise the preferred port,
 * otherwise the next free one. The choice is saved in `folder`, so that addresses stay the same across restarts.
 * @param base first port, for a second system on the same machine; its ports follow from there.
 */
export async function choosePorts(folder: string, base?: number): Promise<Ports> {
  const portsFile = path.join(folder, "ports.json");
  const lastPorts = existsSync(portsFile)
    ? (JSON.parse(readFileSync(portsFile, "utf8")) as Partial<Record<string, unknown>>)
    : {};
  const taken = new Set<number>();
  const chosen: Record<string, number> = {};
  for (const [index, [name, preferredPort]] of Object.entries(preferred).entries()) {
    const lastPort = lastPorts[name];
    const defaultPort = base === undefined ? preferredPort : base + index * 3;
    const port = await firstFreePort(typeof lastPort === "number" ? lastPort : defaultPort, taken);
    // bitcoind uses two more ports after its own.
    for (let next = port; next < port + 3; next += 1) taken.add(next);
    chosen[name] = port;
  }
  writeFileSync(portsFile, JSON.stringify(chosen, null, 2));
  return chosen as Ports;
}

/** A random port base below the ephemeral range, so that parallel systems rarely collide. */
export function anyPortBase(): number {
  return 20_000 + Math.floor(Math.random() * 200) * 60;
}
