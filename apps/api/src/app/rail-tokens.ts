/** An access token of a payment rail. Times in UTC milliseconds. */
export type RailToken = {
  readonly token: string;
  /** Increases with every new token, which distinguishes a refused token from its successor. */
  readonly generation: bigint;
  readonly obtainedAt: number;
  readonly expiresAt: number;
};

export type FetchedRailToken = { readonly token: string; readonly lifetimeMs: number };

/** One token shared by all processes. */
export type RailTokenStore = {
  readonly read: () => Promise<RailToken | null>;
  /**
   * Replaces the token unless the one of generation `stale` has already been replaced. Runs one replacement at a time
   * across all processes. If `fetch` returns null, nothing changes.
   */
  readonly replace: (
    stale: bigint | null,
    fetch: () => Promise<FetchedRailToken | null>,
  ) => Promise<RailToken | null>;
};
