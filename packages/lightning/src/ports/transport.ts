import type { Result } from "@satsconnect/money";

/** Where a node is. `address` is `host:port`, `tcp://host:port`, `ws://…`, `wss://…` or what else a transport knows. */
export type PeerAddress = { readonly nodeId: string; readonly address: string };

export type ConnectErrorCode = "address_malformed" | "address_unsupported" | "connect_failed";

/** Moves bytes to other nodes. What they mean (BOLT 8) is the core's. */
export interface Transport {
  /** True when this transport can reach such an address. */
  supports(address: string): boolean;
  /** Errors: `address_malformed`, `address_unsupported`, `connect_failed` (retry safe). */
  connect(address: string, signal: AbortSignal): Promise<Result<Connection, ConnectErrorCode>>;
}

/** An open pipe for bytes. */
export interface Connection {
  /** The other end, for logs. */
  readonly remote: string;
  /** Bytes handed over and not yet taken by the network: the node stops reading from a peer that does not read. */
  readonly bufferedBytes: number;
  /**
   * Begins delivery. Bytes come in order; `onClose` comes once, last. Bytes that arrived before are kept until then.
   */
  start(handlers: ConnectionHandlers): void;
  /** Queues bytes. After the close it does nothing. */
  write(bytes: Uint8Array): void;
  /** Stops and starts delivery (backpressure). */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then closes. */
  close(): void;
}

export type ConnectionHandlers = {
  readonly onBytes: (bytes: Uint8Array) => void;
  /** Some of what was queued has left. */
  readonly onDrain: () => void;
  readonly onClose: () => void;
};

/** What takes connections from others. */
export interface Listener {
  /** Where it listens: `tcp://…` or `ws://…`, with the port that the system gave. */
  readonly address: string;
  close(): Promise<void>;
}
