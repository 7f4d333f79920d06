import type { Result } from "@satsconnect/money";
import type { Connection } from "../ports/transport.ts";
import { NoiseLink, keyWithSecret, numberOf, sha256 } from "./noise.ts";
import type { NoiseKey } from "./noise.ts";
import { initMessage, messageType, pongTo } from "./peer-messages.ts";
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
  const key = (label: string): NoiseKey => keyWithSecret(numberOf(sha256(Buffer.from(label))));
  const messages: Buffer[] = [];
  let connected = true;
  const link: NoiseLink = new NoiseLink({
    role: "initiator",
    ours: key(name),
    ephemeral: key(`${name} ephemeral`),
    theirs: Buffer.from(to.id, "hex"),
    handlers: {
      write: (bytes) => connection.write(bytes),
      ready: () => link.send(initMessage([gossipQueries])),
      message: (message) => {
        if (message.readUInt16BE() === messageType.ping) link.send(pongTo(message));
        else messages.push(Buffer.from(message));
      },
    },
  });
  connection.start({
    onDrain: () => {},
    onClose: () => {
      connected = false;
    },
    onBytes: (bytes) => link.receive(bytes),
  });
  link.start();
  await world.clock.advance(1_000);
  return {
    received: messages,
    isConnected: () => connected,
    send(message) {
      if (!link.isReady) throw new Error(`${name} has not completed its handshake`);
      link.send(message);
    },
  };
}
