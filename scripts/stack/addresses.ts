import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { portFrom } from "../support/ports.ts";

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
} as const;

/** The ports of a system on 127.0.0.1, by what listens there. */
export type Ports = Readonly<Record<keyof typeof preferred, number>>;

/**
 * Chooses a free port for everything: the one of the last start where it is free, else the usual one, else the next
 * one after it. What was chosen is noted in `folder`, so that addresses stay the same from start to start.
 * @param base for a system beside another one: its ports follow each other from there.
 */
export async function choosePorts(folder: string, base?: number): Promise<Ports> {
  const note = path.join(folder, "ports.json");
  const last = existsSync(note)
    ? (JSON.parse(readFileSync(note, "utf8")) as Partial<Record<string, unknown>>)
    : {};
  const taken = new Set<number>();
  const chosen: Record<string, number> = {};
  for (const [place, [name, usual]] of Object.entries(preferred).entries()) {
    const before = last[name];
    const wanted = base === undefined ? usual : base + place * 3;
    const port = await portFrom(typeof before === "number" ? before : wanted, taken);
    // bitcoind takes two more after its own.
    for (let next = port; next < port + 3; next += 1) taken.add(next);
    chosen[name] = port;
  }
  writeFileSync(note, JSON.stringify(chosen, null, 2));
  return chosen as Ports;
}

/** Somewhere below the ports that systems hand out by themselves, and seldom the same twice. */
export function anyPortBase(): number {
  return 20_000 + Math.floor(Math.random() * 240) * 50;
}
