/** The position in an event stream up to which every event has been processed. */
export type EventCursor = {
  /** Sequence number of the last processed event; 0 before the first. */
  readonly read: () => Promise<bigint>;
  /** Durable when it resolves. Never moves the cursor back. */
  readonly advance: (sequence: bigint) => Promise<void>;
};
