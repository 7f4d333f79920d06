/** Tags of the frames that go into the core. `crates/lightning-core/README.md` describes their layouts. */
export const inputTag = {
  now: 1,
  fees: 2,
  connectedOut: 3,
  connectedIn: 4,
  read: 5,
  disconnected: 6,
  acknowledge: 8,
  tick: 9,
  command: 10,
  gossipSnapshot: 11,
  unconfirmed: 12,
  confirmed: 13,
  tip: 14,
  fullBlock: 15,
  disconnectTo: 16,
  mempool: 17,
  evicted: 18,
  funding: 19,
  sent: 20,
} as const;

/** Tags of the frames that come out of the core. */
export const outputTag = {
  bytes: 1,
  close: 2,
  event: 3,
  transactions: 4,
  log: 5,
  commit: 6,
  result: 7,
  again: 8,
  watch: 9,
  snapshot: 10,
  rejected: 11,
  lookup: 12,
  reading: 13,
} as const;
