// Limits and timeouts of the watchtower. Durations are in milliseconds.

export const httpPolicy = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  /** How often slow headers and requests are looked for. */
  checkIntervalMs: 5_000,
  keepAliveTimeoutMs: 65_000,
  /** A connection on which nothing has moved for so long is closed. */
  stalledTimeoutMs: 90_000,
  maxHeaderBytes: 8_192,
  /** Connections. None is kept for known clients: a client is known only once its request was read. */
  connections: { total: 4_000, keptForKnown: 0, graceMs: 5_000 },
  /** How long a browser may remember that it is allowed to send requests from another origin. */
  preflightSeconds: 7_200,
  /** Unfinished requests are cut this long after a stop. */
  stopTimeoutMs: 2_000,
} as const;

export const requestPolicy = {
  /** Requests per minute of one key. A wallet that pays all the time sends a few per second. */
  requestsPerMinuteAndKey: 3_000,
} as const;

export const chainPolicy = {
  /** How often the chain is asked for new blocks. */
  pollIntervalMs: 10_000,
  timeoutMs: 30_000,
  /** Blocks whose hashes are kept, to find where a reorganisation begins. Bitcoin's deepest was 53 blocks. */
  blocksKept: 1_000,
} as const;

export const justicePolicy = {
  /** After this many blocks without a confirmation, the next higher fee is used. */
  raiseFeeAfterBlocks: 6,
  /** From this share of the time until the thief can spend the output, the highest fee is used. */
  highestFeeAfterShare: 0.5,
  /** A theft that is punished, or whose output was spent otherwise, is forgotten this many blocks later. */
  deepBlocks: 144,
  /** The appointments of a closed channel are deleted after this many blocks: eight weeks. */
  closedChannelBlocks: 8_064,
  /** A theft for which no transaction confirms is given up after this many blocks. The output is not worth its fee. */
  giveUpBlocks: 8_064,
  /** Blocks in which an appointment that comes late is looked for. */
  lateBlocks: 12,
} as const;
