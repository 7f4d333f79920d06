import { connect } from "node:net";
import type { Socket } from "node:net";
import { parseTcpAddress } from "../transport/tcp.ts";
import { initMessage, messageType, pongTo } from "./peer-messages.ts";
import { NoiseLink, randomKey } from "./noise.ts";
import type { NoiseKey } from "./noise.ts";
import { Random } from "./random.ts";

/*
 * Clients that cost an attacker almost nothing, to attack a node's listeners over real sockets. All of 127.0.0.0/8 is the
 * loopback interface on Linux, so an attacker can be in another address range than honest peers.
 */

/** A TCP connection that says nothing. `isOpen` turns false when the node closes it. */
export type HostileSocket = { readonly socket: Socket; readonly isOpen: () => boolean };

/** Connects from a loopback address of the caller's choice. Never rejects: a refused connection is not open. */
export function silentSocket(address: string, localAddress: string): Promise<HostileSocket> {
  const target = parseTcpAddress(address);
  if (target === undefined) throw new Error(`${address} is not host:port`);
  const socket = connect({ ...target, localAddress });
  let open = true;
  socket.on("error", () => {});
  socket.resume();
  socket.once("end", () => {
    open = false;
  });
  socket.once("close", () => {
    open = false;
  });
  return new Promise((resolve) => {
    const done = (): void => resolve({ socket, isOpen: () => open });
    socket.once("connect", done);
    socket.once("close", done);
  });
}

/** A peer of the node under attack that sends whatever its caller likes. */
export type HostilePeer = HostileSocket & {
  /** Sends a message: type and payload (BOLT 1). Does nothing once the node has hung up. */
  readonly send: (message: Uint8Array) => void;
};

/**
 * Completes the BOLT 8 handshake, sends `init` (BOLT 1) and answers pings. Resolves once `init` is sent, or the node has
 * hung up.
 */
export async function hostilePeer(
  address: string,
  nodeId: string,
  options: {
    readonly localAddress: string;
    readonly random: Random;
    /** The peer's identity; a new one by default. */
    readonly key?: NoiseKey;
    readonly onMessage?: (message: Buffer) => void;
  },
): Promise<HostilePeer> {
  const hostile = await silentSocket(address, options.localAddress);
  const { socket } = hostile;
  let ready: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    ready = resolve;
    socket.once("close", () => resolve());
    if (!hostile.isOpen()) resolve();
  });
  const link: NoiseLink = new NoiseLink({
    role: "initiator",
    ours: options.key ?? randomKey(options.random),
    ephemeral: randomKey(options.random),
    theirs: Buffer.from(nodeId, "hex"),
    handlers: {
      write: (bytes) => void socket.write(bytes),
      ready: () => {
        link.send(initMessage([]));
        ready();
      },
      message: (message) => {
        if (message.readUInt16BE() === messageType.ping) link.send(pongTo(message));
        options.onMessage?.(message);
      },
    },
  });
  socket.on("data", (bytes) => link.receive(bytes));
  link.start();
  await started;
  return {
    ...hostile,
    send(message) {
      if (link.isReady && hostile.isOpen()) link.send(message);
    },
  };
}

let idlePeers = 0;

/** A peer with a new key that does nothing after `init` but answer pings. */
export function idlePeer(
  address: string,
  nodeId: string,
  localAddress: string,
): Promise<HostileSocket> {
  idlePeers += 1;
  const random = new Random(`idle peer ${String(idlePeers)}`);
  return hostilePeer(address, nodeId, { localAddress, random });
}
