import type { Result } from "@satsconnect/money";

/** A node and where to reach it: `host:port`, `tcp://host:port`, `ws://…`, `wss://…`, or another transport's form. */
export type PeerAddress = { readonly nodeId: string; readonly address: string };

export type ConnectErrorCode = "address_malformed" | "address_unsupported" | "connect_failed";

/** Opens byte streams to other nodes. The core speaks BOLT 8 over them. */
export interface Transport {
  /** True when this transport can reach addresses of this form. */
  supports(address: string): boolean;
  /** Errors: `address_malformed` and `address_unsupported` (retry never), `connect_failed` (retry safe). */
  connect(address: string, signal: AbortSignal): Promise<Result<Connection, ConnectErrorCode>>;
}

/** An open byte stream in both directions. */
export interface Connection {
  /** The remote address, for logs. */
  readonly remote: string;
  /**
   * The IP address of the party that connected, for limits by address range. Absent where there is none: a connection of
   * our own, or another kind of network.
   */
  readonly remoteAddress?: string;
  /** Bytes written and not yet sent. The node stops reading from a peer while this is large (backpressure). */
  readonly bufferedBytes: number;
  /**
   * Starts delivery. Bytes that arrived earlier are delivered first. `onClose` is called exactly once, after the last
   * bytes.
   */
  start(handlers: ConnectionHandlers): void;
  /** Queues bytes. Does nothing after the connection has closed. */
  write(bytes: Uint8Array): void;
  /** Stops delivery until `resume` (backpressure). */
  pause(): void;
  resume(): void;
  /** Sends queued bytes, then closes. */
  close(): void;
  /** Closes at once and drops what is queued. For connections that are turned away: they must cost nothing more. */
  abort(): void;
}

export type ConnectionHandlers = {
  readonly onBytes: (bytes: Uint8Array) => void;
  /** Queued bytes have been sent. */
  readonly onDrain: () => void;
  readonly onClose: () => void;
};

/** A server that accepts connections. */
export interface Listener {
  /** The address it listens on, `tcp://…` or `ws://…`, with the port that the system assigned. */
  readonly address: string;
  close(): Promise<void>;
}
