import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { msat, sat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { expect, test } from "vitest";
import { loadCore } from "../core/load-core.ts";
import { acceptOnlyFrom } from "../model/node-policy.ts";
import type { LogFields, Logger } from "../ports/logger.ts";
import { hostileLspsRequest } from "./hostile-lsps.ts";
import { hostileMessage, mutated } from "./hostile-messages.ts";
import type { Target } from "./hostile-messages.ts";
import { regtestChain } from "./invented-channels.ts";
import { nodeKeyOf } from "./noise.ts";
import type { NoiseKey } from "./noise.ts";
import { addOperator, openPublicChannel, seedLabels } from "./operator.ts";
import { Random } from "./random.ts";
import { tamperingTransport } from "./tampering.ts";
import type { Tampering } from "./tampering.ts";
import { World } from "./world.ts";
import type { SimulatedNode } from "./world.ts";

const loading = loadCore({ prefer: "addon" });
const minute = 60_000;
const seeds = { wide: 20, full: 100 }[process.env["SWEEP"] ?? ""] ?? 4;

const keyOf = (label: string): NoiseKey => nodeKeyOf(sha256(utf8ToBytes(`seed of ${label}`)));

/** Keeps every log line of all nodes. */
class Logs {
  readonly lines: string[] = [];

  of(name: string): Logger {
    const at = (level: string) => (fields: LogFields, message: string) => {
      this.lines.push(`${level} ${name}: ${message} ${JSON.stringify(fields)}`);
    };
    return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  }
}

/** Changes, drops, repeats and adds messages, at a rate and in kinds that the seed decides. */
class Tamperer {
  active = false;
  readonly #random: Random;
  readonly #every: number;
  readonly #earlier: Buffer[] = [];
  readonly #target: { chainHash: Buffer; channelIds: Buffer[] } = {
    chainHash: regtestChain,
    channelIds: [],
  };
  changes = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#every = [3, 10, 30][random.below(3)] ?? 3;
  }

  readonly change: Tampering = (message) => {
    this.#remember(message);
    const random = this.#random;
    if (!this.active || random.below(this.#every) > 0) return [message];
    this.changes += 1;
    switch (random.below(9)) {
      case 0:
        return [];
      case 1:
        return [message, message];
      case 2:
        return [this.#earlier[random.below(this.#earlier.length)] ?? message, message];
      case 3:
        return [hostileLspsRequest(random), message];
      case 4:
      case 5:
        return [hostileMessage(random, this.#target satisfies Target), message];
      case 6:
        return Array.from({ length: 40 }, () => hostileMessage(random, this.#target));
      default:
        return [mutated(random, message)];
    }
  };

  #remember(message: Buffer): void {
    if (this.#earlier.length < 400) this.#earlier.push(Buffer.from(message));
    // `channel_ready`: its channel has the id that it will keep
    if (message.readUInt16BE() !== 36 || message.length < 34) return;
    const id = Buffer.from(message.subarray(2, 34));
    if (!this.#target.channelIds.some((known) => known.equals(id)))
      this.#target.channelIds.push(id);
  }
}

async function invoiceOf(world: World, node: SimulatedNode, amountMsat: Msat) {
  return world.expectOk(node.host.createInvoice({ amountMsat, expirySeconds: 3_600 }));
}

async function pay(world: World, from: SimulatedNode, to: SimulatedNode, amountMsat: Msat) {
  const invoice = await invoiceOf(world, to, amountMsat);
  const started = await world.clock.during(
    from.host.pay({ invoice: invoice.request ?? "", maxFeeMsat: msat(100_000n) }),
  );
  if (!started.ok) return started.error.code;
  await world.clock.advance(5_000);
  return (await world.clock.during(from.host.payment(invoice.paymentHash, "outbound")))?.state;
}

async function buyChannel(world: World, client: SimulatedNode, amountMsat: Msat) {
  const [lsp, merchant] = [world.node("lsp"), world.node("merchant")];
  const asked = client.host.createJitInvoice({
    lsp: lsp.id,
    amountMsat,
    description: "",
    expirySeconds: 600,
    maxOpeningFeeMsat: msat(20_000_000n),
  });
  const jit = await world.clock.during(asked);
  if (!jit.ok) return jit.error.code;
  const { invoice, payment } = jit.value;
  const request = { invoice, maxFeeMsat: msat(1_000_000n) };
  const started = await world.clock.during(merchant.host.pay(request));
  if (!started.ok) return started.error.code;
  await world.clock.advance(10_000);
  return (await world.clock.during(merchant.host.payment(payment.paymentHash, "outbound")))?.state;
}

/**
 * An honest wallet and another one whose connection is tampered with, at the same operator. With `direction` outbound
 * the operator is under attack, with inbound the wallet is.
 */
async function play(seed: number, direction: "outbound" | "inbound") {
  const random = new Random(`fuzz/${direction}/${String(seed)}`);
  const logs = new Logs();
  const world = new World({
    core: await loading,
    seed: `fuzz ${String(seed)}`,
    logger: (name) => logs.of(name),
  });
  try {
    const { lsp, merchant } = await addOperator(world, {});
    await openPublicChannel(world, merchant, lsp);
    const policy = { acceptChannel: acceptOnlyFrom(lsp.id) };
    const settings = { acceptSkimmedPayments: true };
    const honest = await world.add("honest", { policy, settings });
    await honest.connect(lsp);
    expect(await buyChannel(world, honest, msat(500_000_000n))).toBe("succeeded");

    const tamperer = new Tamperer(random);
    const same: Tampering = (message) => [message];
    const other = await world.add("other", {
      policy,
      settings,
      transport: (inner) =>
        tamperingTransport(inner, {
          ours: keyOf("other"),
          theirs: keyOf(seedLabels.lsp),
          random: new Random(`fuzz/noise/${String(seed)}`),
          outbound: direction === "outbound" ? tamperer.change : same,
          inbound: direction === "inbound" ? tamperer.change : same,
        }),
    });
    await other.connect(lsp);
    world.chain.fund(await world.expectOk(other.host.newAddress()), sat(3_000_000n));
    world.chain.mine(1);
    await world.clock.advance(5_000);
    // In half of the runs, the state machine of a channel is what gets tampered with; in the others, also its opening.
    if (random.below(2) === 0) await buyChannel(world, other, msat(100_000_000n));
    tamperer.active = true;

    const states: (string | undefined)[] = [];
    for (let step = 0; step < 10; step++) {
      switch (random.below(7)) {
        case 0:
          await buyChannel(world, other, msat(20_000_000n));
          break;
        case 1:
        case 2:
          await pay(world, other, merchant, msat(1_000_000n));
          break;
        case 3:
          await pay(world, merchant, other, msat(1_000_000n));
          break;
        case 4:
          await world.clock.during(
            other.host.openChannel({
              peer: lsp.id,
              capacitySat: sat(500_000n),
              pushMsat: msat(100_000_000n),
              announced: false,
            }),
          );
          world.chain.mine(6);
          break;
        case 5: {
          world.network.cut("other");
          await world.clock.advance(20_000);
          break;
        }
        default: {
          const [channel] = await world.clock.during(other.host.channels());
          if (channel !== undefined)
            await world.clock.during(other.host.closeChannel(channel.channelId, { force: false }));
        }
      }
      world.chain.mine(1);
      await world.clock.advance(minute);
      states.push(await pay(world, honest, merchant, msat(1_000_000n)));
    }
    tamperer.active = false;
    world.chain.mine(3);
    await world.clock.advance(2 * minute);
    states.push(await pay(world, merchant, honest, msat(1_000_000n)));
    const memory = Math.max(...world.nodes().map(({ host }) => host.memoryBytes));
    return { logs: logs.lines, states, changes: tamperer.changes, memory, digest: world.digest() };
  } finally {
    world.crashAll();
  }
}

for (const direction of ["outbound", "inbound"] as const) {
  const attacked = direction === "outbound" ? "an operator" : "a wallet";
  test.for([...Array(seeds).keys()])(
    `${attacked} whose peer sends mutated messages in every state keeps running: seed %i`,
    async (seed) => {
      const { logs, states, changes, memory } = await play(seed, direction);
      expect(changes).toBeGreaterThan(0);
      // LDK logs a peer's faults as errors, and the core reports a peer that claims to be at another state than it is.
      // Any other error of the node's own is a fault of ours.
      const caused = /"from":"core"|a channel's state is older than the other side's/u;
      const ours = logs.filter((line) => line.startsWith("error") && !caused.test(line));
      expect(ours).toEqual([]);
      expect(states.filter((state) => state !== "succeeded")).toEqual([]);
      expect(memory).toBeLessThan(256 * 1024 * 1024);
      expect(logs.filter((line) => /lnbcrt\d/u.test(line))).toEqual([]);
    },
  );
}
