import { connect } from "node:net";
import type { Socket } from "node:net";
import { parseTcpAddress } from "../transport/tcp.ts";
import { initMessage, messageType, pongTo, startHandshake } from "./bolt8.ts";
import type { Session } from "./bolt8.ts";

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

/**
 * A peer that completes the BOLT 8 handshake with a new key, sends `init` (BOLT 1), answers pings, and does nothing more.
 * Resolves once `init` is sent, or the node has hung up.
 */
export async function idlePeer(
  address: string,
  nodeId: string,
  localAddress: string,
): Promise<HostileSocket> {
  const hostile = await silentSocket(address, localAddress);
  const { socket } = hostile;
  const handshake = startHandshake(Buffer.from(nodeId, "hex"));
  let received = Buffer.alloc(0);
  let session: Session | undefined;
  const take = (length: number): Buffer => {
    const taken = received.subarray(0, length);
    received = received.subarray(length);
    return taken;
  };
  const started = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    socket.on("data", (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (session === undefined) {
        if (received.length < 50) return;
        session = handshake.finish(take(50));
        socket.write(Buffer.concat([session.third, session.encrypt(initMessage([]))]));
        resolve();
      }
      for (const message of session.decrypt(() => received, take)) {
        if (message.readUInt16BE() === messageType.ping)
          socket.write(session.encrypt(pongTo(message)));
      }
    });
  });
  socket.write(handshake.first);
  await started;
  return hostile;
}
