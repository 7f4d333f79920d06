/** Milliseconds since 1970, UTC. Injected, so that tests control the time. */
export type Clock = { readonly now: () => number };

export const systemClock: Clock = { now: () => Date.now() };
