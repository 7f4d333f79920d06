/** Milliseconds since 1970, UTC. Passed in, so that tests decide what time it is. */
export type Clock = { readonly now: () => number };

export const systemClock: Clock = { now: () => Date.now() };
