import type { WalletSnapshot } from "./calls.ts";

/** The snapshot of a wallet that is starting and has nothing stored. `now` in ms since 1970. */
export function startingSnapshot(now: number): WalletSnapshot {
  return {
    phase: "starting",
    failure: null,
    network: "",
    nodeId: null,
    connection: { api: "online", node: "connecting", since: now },
    backup: { state: "current", since: now, withoutBackupUntil: null },
    watchtower: { state: "none", since: now },
    balance: null,
    rate: null,
    moving: [],
    recent: [],
    olderState: null,
    clockAheadMs: 0,
    nothingRestored: false,
    operator: null,
  };
}
