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
