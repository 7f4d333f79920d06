import { describe, expect, test } from "vitest";
import { acceptOnlyFrom, isFinal, memoryStore } from "@satsconnect/lightning";
import type { Connection, LightningCore, Transport } from "@satsconnect/lightning";
import { loadCore } from "@satsconnect/lightning/nodejs";
import { Random, World, addOperator, openPublicChannel } from "@satsconnect/lightning/simulation";
import type { SimulatedNode, WorldSnapshot } from "@satsconnect/lightning/simulation";
import { msat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { memoryKeyValueStore } from "../storage/key-value-store.ts";
import { cloneEncoding, textEncoding } from "../port/encoding.ts";
import type { Encoding } from "../port/encoding.ts";
import { hostStore, hostTransport } from "./host-ports.ts";
import { Link } from "../port/link.ts";
import { serveWorker } from "../host/worker-services.ts";
import { pipePair } from "../port/testing/pipes.ts";

const minute = 60_000;
const runs = { wide: 50, full: 150 }[process.env["SWEEP"] ?? ""] ?? 20;
/** Number of payments sent and received in a run. The first one opens the channel. */
const payments = 14;

/** The LSP and the merchant with a public channel, when nothing is pending. */
async function prepare(core: LightningCore): Promise<WorldSnapshot> {
  const world = new World({ core, seed: "reloads" });
  const { lsp, merchant } = await addOperator(world);
  await openPublicChannel(world, merchant, lsp);
  return world.closeAndSnapshot();
}

/** The part of a browser's WebSocket that the host uses, over a connection of the simulated network. */
class SocketOver extends EventTarget {
  binaryType = "arraybuffer";
  readyState = 0;
  #connection: Connection | undefined;

  constructor(transport: Transport, url: string) {
    super();
    const address = url.replace("ws://", "memory:");
    void transport.connect(address, new AbortController().signal).then((made) => {
      if (!made.ok || this.readyState === 3) return this.#closed();
      this.#connection = made.value;
      this.readyState = 1;
      this.dispatchEvent(new Event("open"));
      made.value.start({
        onBytes: (bytes) => {
          this.dispatchEvent(new MessageEvent("message", { data: bytes.slice().buffer }));
        },
        onDrain: () => undefined,
        onClose: () => this.#closed(),
      });
    });
  }

  get bufferedAmount(): number {
    return this.#connection?.bufferedBytes ?? 0;
  }

  send(bytes: Uint8Array): void {
    this.#connection?.write(bytes.slice());
  }

  close(): void {
    this.#connection?.close();
    this.#closed();
  }

  #closed(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.dispatchEvent(new Event("close"));
  }
}

/** The wallet's node in a worker whose store and network are the host's. The worker can crash at any message. */
class Phone {
  readonly #world: World;
  readonly #lsp: SimulatedNode;
  readonly #random: Random;
  readonly #encoding: Encoding;
  #node: SimulatedNode | undefined;
  #messages = 0;
  #cutAt = Number.POSITIVE_INFINITY;
  #within = 0;
  #network: Transport | undefined;
  #end: () => void = () => undefined;
  #crashed = false;
  crashes = 0;

  constructor(world: World, lsp: SimulatedNode, random: Random, encoding: Encoding) {
    this.#world = world;
    this.#lsp = lsp;
    this.#random = random;
    this.#encoding = encoding;
  }

  get node(): SimulatedNode {
    if (this.#node === undefined) throw new Error("the phone was not started");
    return this.#node;
  }

  /** From now on the worker crashes repeatedly, each time after at most so many messages. */
  crashWithin(messages: number): void {
    this.#cutAt = this.#messages + 1 + this.#random.below(messages);
    this.#within = messages;
  }

  /** Stops the crashes. */
  stopCrashing(): void {
    this.#within = 0;
    this.#cutAt = Number.POSITIVE_INFINITY;
  }

  async start(): Promise<void> {
    let link: Link | undefined;
    this.#node ??= this.#world.twin("W", "phone", {
      policy: { acceptChannel: acceptOnlyFrom(this.#lsp.id) },
      settings: { acceptSkimmedPayments: true },
      store: (medium) => {
        this.#end();
        link = this.#startRun(() => memoryStore(medium));
        return hostStore(link);
      },
      transport: (network) => {
        this.#network = network;
        const overPort = (): Transport => {
          if (link === undefined) throw new Error("the worker is not running");
          return hostTransport(link);
        };
        return {
          supports: (address) => address.startsWith("memory:"),
          connect: (address, signal) =>
            overPort().connect(address.replace("memory:", "ws://"), signal),
        };
      },
    });
    await this.#node.open();
    void this.#node.connect(this.#lsp).catch(() => {});
  }

  /** Starts one run of the worker, with a port of its own that is cut when it crashes. */
  #startRun(store: () => ReturnType<typeof memoryStore>): Link {
    const { clock } = this.#world;
    this.#crashed = false;
    let isCut = false;
    const pipes = pipePair({
      schedule: (deliver) => {
        const mayDeliver = (): void => {
          if (!isCut) deliver();
        };
        // `soon` keeps the order
        clock.soon(mayDeliver);
      },
      pass: (raw) => {
        this.#messages += 1;
        if (this.#messages >= this.#cutAt) this.#crash();
        return isCut ? [] : [raw];
      },
    });
    const common = { encoding: this.#encoding, session: `run ${String(this.crashes)}` };
    const host = new Link({
      ...common,
      pipe: pipes.host,
      serve: serveWorker({
        store: store(),
        keyValueStore: memoryKeyValueStore(),
        fetch,
        webSocket: (url) => {
          if (this.#network === undefined) throw new Error("no network");
          return new SocketOver(this.#network, url) as unknown as WebSocket;
        },
        mayReach: () => true,
      }),
    });
    const worker = new Link({ ...common, pipe: pipes.worker, serve: async () => null });
    this.#end = () => {
      isCut = true;
      host.end();
      worker.end();
    };
    return worker;
  }

  #crash(): void {
    this.#cutAt = Number.POSITIVE_INFINITY;
    this.crashes += 1;
    this.#crashed = true;
    const [end, node] = [this.#end, this.#node];
    // the sender's synchronous code still runs to its end; nothing it sends is delivered
    end();
    queueMicrotask(() => node?.crash());
  }

  /** Restarts the worker if it has crashed. A run may crash while it is opening. */
  async restartIfCrashed(): Promise<void> {
    // it crashed while opening: the node that came up has no port
    if (this.#crashed && this.#node?.isUp === true) this.#node.crash();
    if (this.#node?.isUp === true) return;
    if (this.#within > 0) this.crashWithin(this.#within);
    await this.start().catch(() => {});
  }
}

type ExpectedPayment = {
  readonly hash: string;
  readonly amountMsat: Msat;
  readonly to: "wallet" | "merchant";
};

async function play(core: LightningCore, from: WorldSnapshot, number: number): Promise<number> {
  const random = new Random(`reloads/${String(number)}`);
  const world = new World({ core, seed: `reloads/${String(number)}`, from });
  const { lsp, merchant } = await addOperator(world);
  const encoding = number % 2 === 0 ? cloneEncoding() : textEncoding();
  const phone = new Phone(world, lsp, random, encoding);
  await phone.start();
  await world.clock.advance(2_000);

  const advance = async (byMs: number): Promise<void> => {
    for (let passed = 0; passed < byMs; passed += 400) {
      await world.clock.advance(400);
      await phone.restartIfCrashed();
    }
  };

  /** Repeats a call, with the same idempotency key, across crashes until it is answered. */
  const retryUntilAnswered = async <Value>(
    call: (node: SimulatedNode) => Promise<{ readonly ok: boolean; readonly value?: Value }>,
  ): Promise<Value> => {
    for (let attempt = 0; attempt < 400; attempt += 1) {
      if (phone.node.isUp) {
        const answered = call(phone.node).then(
          (answer) => (answer.ok ? { value: answer.value as Value } : undefined),
          () => undefined,
        );
        // a call into a crashed worker is never answered
        const answer = await world.clock
          .during(Promise.race([answered, pause(world, 4_000)]))
          .catch(() => undefined);
        if (answer !== undefined) return answer.value;
      }
      await advance(400);
    }
    throw new Error("never answered");
  };

  const expectedPayments: ExpectedPayment[] = [];
  phone.crashWithin(110);
  for (let step = 0; step < payments; step += 1) {
    const isIn = step === 0 || random.below(2) === 0;
    const amountMsat = msat(BigInt(step === 0 ? 80_000 : 1 + random.below(1_200)) * 1_000n);
    const idempotencyKey = `step-${String(step)}`;
    if (isIn) {
      const terms = { amountMsat, description: "in", expirySeconds: 3_600, idempotencyKey };
      const request = await retryUntilAnswered(async ({ host }) => {
        if (step > 0) return host.createInvoice(terms);
        const made = await host.createJitInvoice({
          ...terms,
          lsp: lsp.id,
          maxOpeningFeeMsat: msat(10_000_000n),
        });
        return made.ok ? { ok: true, value: made.value.payment } : made;
      });
      expectedPayments.push({ hash: request.paymentHash, amountMsat, to: "wallet" });
      const invoice = request.request ?? "";
      await world.clock.during(merchant.host.pay({ invoice, maxFeeMsat: msat(100_000n) }));
    } else {
      const made = await world.expectOk(
        merchant.host.createInvoice({ amountMsat, description: "out", expirySeconds: 3_600 }),
      );
      expectedPayments.push({ hash: made.paymentHash, amountMsat, to: "merchant" });
      await retryUntilAnswered(async ({ host }) => {
        const paid = await host.pay({
          invoice: made.request ?? "",
          maxFeeMsat: msat(100_000n),
          idempotencyKey,
        });
        return paid.ok ? { ok: true, value: paid.value } : paid;
      });
    }
    await advance(random.below(4_000));
  }
  await advance(20_000);
  phone.stopCrashing();
  await advance(2 * minute);

  // both sides must agree on every payment
  const wallet = phone.node;
  expect(wallet.isUp).toBe(true);
  let expected = 0n;
  for (const { hash, amountMsat, to } of expectedPayments) {
    const [payer, payee] = to === "wallet" ? [merchant, wallet] : [wallet, merchant];
    const sent = await world.clock.during(payer.host.payment(hash, "outbound"));
    const received = await world.clock.during(payee.host.payment(hash, "inbound"));
    if (sent?.direction !== "outbound")
      throw new Error(`run ${String(number)}: the payment is missing`);
    expect(isFinal(sent), `run ${String(number)}: ${sent.state}`).toBe(true);
    if (sent.state === "failed") {
      expect(received?.direction === "inbound" ? received.receivedMsat : null).toBeNull();
      continue;
    }
    if (received?.direction !== "inbound") throw new Error("the recipient has no payment");
    expect(received.state).toBe("claimed");
    const skimmed = received.skimmedFeeMsat ?? 0n;
    expect((received.receivedMsat ?? 0n) + skimmed).toBe(amountMsat);
    expected += to === "wallet" ? amountMsat - skimmed : -(amountMsat + (sent.feeMsat ?? 0n));
  }
  const balances = await world.clock.during(wallet.host.balances());
  expect(balances.channelsMsat).toBe(expected);
  expect(balances.claimable).toEqual([]);
  const channels = await world.clock.during(wallet.host.channels());
  expect(channels.every(({ closing }) => !closing)).toBe(true);
  const list = await world.clock.during(wallet.host.payments());
  const succeeded = list.filter(({ state }) => state === "succeeded").map((one) => one.paymentHash);
  expect(new Set(succeeded).size).toBe(succeeded.length);
  world.crashAll();
  return phone.crashes;
}

function pause(world: World, delayMs: number): Promise<undefined> {
  return new Promise((resolve) => {
    world.clock.after(delayMs, () => resolve(undefined));
  });
}

describe("a worker that crashes at any message", () => {
  test(
    `loses no payment and pays none twice, in ${String(runs)} runs`,
    { timeout: 600_000 },
    async () => {
      const core = await loadCore({ prefer: "addon" });
      const from = await prepare(core);
      let crashes = 0;
      for (let number = 0; number < runs; number += 1) crashes += await play(core, from, number);
      expect(crashes).toBeGreaterThan(runs * 5);
    },
  );
});
