/** Where a node with the gossip source `snapshots` gets them: in the format of Rapid Gossip Sync. */
export interface SnapshotSource {
  /**
   * Downloads what has changed since a time (seconds since 1970), or everything for 0. Never rejects. The contents are
   * not trusted: the core checks them.
   */
  snapshot(sinceSeconds: number, signal: AbortSignal): Promise<SnapshotAnswer>;
}

export type SnapshotAnswer =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** A sentence for the log. */
  | { readonly ok: false; readonly reason: string };
