import type { Result } from "@satsconnect/money";
import type { Connection } from "../ports/transport.ts";
import { initMessage, messageType, pongTo, sha256, startHandshake } from "./bolt8.ts";
import type { Session } from "./bolt8.ts";
import type { SimulatedNode, World } from "./world.ts";

/** Feature bit of gossip queries (BOLT 9). */
const gossipQueries = 7n;

/** A peer that is no node: it sends any message, and records those it receives. */
export type Stranger = {
  readonly send: (message: Uint8Array) => void;
  /** Messages received, apart from pings, which are answered. */
  readonly received: readonly Buffer[];
  readonly isConnected: () => boolean;
};

/** Connects a stranger to a node of a simulated world. Its keys derive from its name. */
export async function connectStranger(
  world: World,
  name: string,
  to: SimulatedNode,
): Promise<Stranger> {
  const connecting: Promise<Result<Connection>> = world.network
    .transport(name)
    .connect(`memory:${to.name}`, new AbortController().signal);
  const connection = await world.expectOk(connecting);
  const secrets = [sha256(Buffer.from(`${name} ephemeral`)), sha256(Buffer.from(name))] as const;
  const handshake = startHandshake(Buffer.from(to.id, "hex"), secrets);
  const messages: Buffer[] = [];
  let received = Buffer.alloc(0);
  let session: Session | undefined;
  let connected = true;
  const take = (length: number): Buffer => {
    const taken = received.subarray(0, length);
    received = received.subarray(length);
    return taken;
  };
  connection.start({
    onDrain: () => {},
    onClose: () => {
      connected = false;
    },
    onBytes(bytes) {
      received = Buffer.concat([received, bytes]);
      if (session === undefined) {
        if (received.length < 50) return;
        session = handshake.finish(take(50));
        connection.write(
          Buffer.concat([session.third, session.encrypt(initMessage([gossipQueries]))]),
        );
      }
      for (const message of session.decrypt(() => received, take)) {
        if (message.readUInt16BE() === messageType.ping)
          connection.write(session.encrypt(pongTo(message)));
        else messages.push(Buffer.from(message));
      }
    },
  });
  connection.write(handshake.first);
  await world.clock.advance(1_000);
  return {
    received: messages,
    isConnected: () => connected,
    send(message) {
      if (session === undefined) throw new Error(`${name} has not completed its handshake`);
      connection.write(session.encrypt(Buffer.from(message)));
    },
  };
}
