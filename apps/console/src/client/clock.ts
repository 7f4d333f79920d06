/** How far this machine's clock is behind the operator's server. */
let offsetMs = 0;

/** Learns the server's time from its `Date` header or its answer. Ages and deadlines are judged by it. */
export function learnTime(serverMs: number): void {
  if (Number.isFinite(serverMs)) offsetMs = serverMs - Date.now();
}

/** The server's time. */
export function now(): number {
  return Date.now() + offsetMs;
}
