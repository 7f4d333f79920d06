import type { Connection, ConnectionHandlers, Transport } from "../ports/transport.ts";
import { NoiseLink, randomKey } from "./noise.ts";
import type { NoiseKey } from "./noise.ts";
import type { Random } from "./random.ts";

/** Decides what the node that was connected to receives instead of a message: nothing, the same, or others. */
export type Tampering = (message: Buffer) => readonly Uint8Array[];

/**
 * A transport between two nodes whose keys are known. It decrypts what the connecting node sends, passes it through
 * `outbound`, and what it receives through `inbound`. Nodes behind it are real nodes in every state that they can reach,
 * with messages that no real node sends.
 */
export function tamperingTransport(
  inner: Transport,
  options: {
    /** The connecting node's key, and the key of the node that it connects to. */
    readonly ours: NoiseKey;
    readonly theirs: NoiseKey;
    readonly random: Random;
    readonly outbound: Tampering;
    readonly inbound: Tampering;
  },
): Transport {
  return {
    supports: (address) => inner.supports(address),
    async connect(address, signal) {
      const connected = await inner.connect(address, signal);
      return connected.ok ? { ok: true, value: tampered(connected.value, options) } : connected;
    },
  };
}

function tampered(
  outer: Connection,
  options: Parameters<typeof tamperingTransport>[1],
): Connection {
  const { ours, theirs, random } = options;
  let handlers: ConnectionHandlers | undefined;
  let closed = false;
  const waiting: Uint8Array[] = [];
  const near: NoiseLink = new NoiseLink({
    role: "responder",
    ours: theirs,
    ephemeral: randomKey(random),
    handlers: {
      // not from within the node's own `write`
      write: (bytes) =>
        queueMicrotask(() => {
          if (!closed) handlers?.onBytes(bytes);
        }),
      // Only now may the other node's messages be passed on.
      ready: () => far.start(),
      message: (message) => pass(far, options.outbound(message)),
    },
  });
  const far: NoiseLink = new NoiseLink({
    role: "initiator",
    ours,
    ephemeral: randomKey(random),
    theirs: theirs.publicKey,
    handlers: {
      write: (bytes) => outer.write(bytes),
      ready: () => {
        for (const message of waiting.splice(0)) far.send(message);
      },
      message: (message) => pass(near, options.inbound(message)),
    },
  });
  function pass(link: NoiseLink, messages: readonly Uint8Array[]): void {
    for (const message of messages) {
      if (link.isReady) link.send(message);
      else waiting.push(message);
    }
  }
  return {
    remote: outer.remote,
    get bufferedBytes() {
      return outer.bufferedBytes;
    },
    start(given) {
      handlers = given;
      outer.start({
        onBytes: (bytes) => far.receive(bytes),
        onDrain: given.onDrain,
        onClose: () => {
          closed = true;
          given.onClose();
        },
      });
    },
    write: (bytes) => near.receive(bytes),
    pause: () => outer.pause(),
    resume: () => outer.resume(),
    close: () => outer.close(),
    abort: () => outer.abort(),
  };
}
