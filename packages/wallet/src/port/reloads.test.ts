import { describe, expect, test } from "vitest";
import { acceptOnlyFrom, isFinal, memoryStore } from "@satsconnect/lightning";
import type { Connection, LightningCore, Transport } from "@satsconnect/lightning";
import { loadCore } from "@satsconnect/lightning/nodejs";
import { Random, World, addOperator, openPublicChannel } from "@satsconnect/lightning/simulation";
import type { SimulatedNode, WorldSnapshot } from "@satsconnect/lightning/simulation";
import { msat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { memoryNotes } from "../notes.ts";
import { cloneEncoding, textEncoding } from "./encoding.ts";
import type { Encoding } from "./encoding.ts";
import { hostStore, hostTransport } from "./home-side.ts";
import { Link } from "./link.ts";
import { serveHome } from "./services.ts";
import { pipePair } from "./testing/pipes.ts";

const minute = 60_000;
const runs = process.env["SWEEP"] === "full" ? 150 : 20;
/** What is sold, sent and received; the first one opens the channel. */
const payments = 14;

/** Every life that falls before its answer has taken an offer. */
const operator = { grantsPerClient: 1_000 };

/** L and P with a public channel, at rest. */
async function prepare(core: LightningCore): Promise<WorldSnapshot> {
  const world = new World({ core, seed: "reloads" });
  const { lsp: l, merchant: p } = await addOperator(world, operator);
  await openPublicChannel(world, p, l);
  return world.rest();
}

/** As much of a browser's WebSocket as a host uses, over a connection of the simulated network. */
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

/** The wallet's node in a home: its store and its network are the host's. It is reloaded at any message. */
class Phone {
  readonly #world: World;
  readonly #l: SimulatedNode;
  readonly #random: Random;
  readonly #encoding: Encoding;
  #node: SimulatedNode | undefined;
  #messages = 0;
  #cutAt = Number.POSITIVE_INFINITY;
  #within = 0;
  #network: Transport | undefined;
  #end: () => void = () => undefined;
  #fallen = false;
  reloads = 0;

  constructor(world: World, l: SimulatedNode, random: Random, encoding: Encoding) {
    this.#world = world;
    this.#l = l;
    this.#random = random;
    this.#encoding = encoding;
  }

  get node(): SimulatedNode {
    if (this.#node === undefined) throw new Error("no phone yet");
    return this.#node;
  }

  /** From now on the home falls after so many messages at the most, again and again. */
  fallWithin(messages: number): void {
    this.#cutAt = this.#messages + 1 + this.#random.below(messages);
    this.#within = messages;
  }

  /** No more falls. */
  stand(): void {
    this.#within = 0;
    this.#cutAt = Number.POSITIVE_INFINITY;
  }

  async start(): Promise<void> {
    let link: Link | undefined;
    this.#node ??= this.#world.twin("W", "phone", {
      policy: { acceptChannel: acceptOnlyFrom(this.#l.id) },
      settings: { acceptSkimmedPayments: true },
      store: (medium) => {
        this.#end();
        link = this.#life(() => memoryStore(medium));
        return hostStore(link);
      },
      transport: (network) => {
        this.#network = network;
        const overPort = (): Transport => {
          if (link === undefined) throw new Error("no home");
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
    void this.#node.connect(this.#l).catch(() => {});
  }

  /** One life of the home: a port of its own, cut for good when it falls. */
  #life(store: () => ReturnType<typeof memoryStore>): Link {
    const { clock } = this.#world;
    this.#fallen = false;
    let isCut = false;
    const pipes = pipePair({
      later: (deliver) => {
        const mayDeliver = (): void => {
          if (!isCut) deliver();
        };
        // in order, each after the one before it
        clock.soon(mayDeliver);
      },
      pass: (raw) => {
        this.#messages += 1;
        if (this.#messages >= this.#cutAt) this.#fall();
        return isCut ? [] : [raw];
      },
    });
    const common = { encoding: this.#encoding, session: `life ${String(this.reloads)}` };
    const host = new Link({
      ...common,
      pipe: pipes.host,
      serve: serveHome({
        store: store(),
        notes: memoryNotes(),
        fetch,
        webSocket: (url) => {
          if (this.#network === undefined) throw new Error("no network");
          return new SocketOver(this.#network, url) as unknown as WebSocket;
        },
        mayReach: () => true,
      }),
    });
    const home = new Link({ ...common, pipe: pipes.home, serve: async () => null });
    this.#end = () => {
      isCut = true;
      host.end();
      home.end();
    };
    return home;
  }

  #fall(): void {
    this.#cutAt = Number.POSITIVE_INFINITY;
    this.reloads += 1;
    this.#fallen = true;
    const [end, node] = [this.#end, this.#node];
    // whoever sent the message goes on as if it were on its way: the rest of it must find nothing
    end();
    queueMicrotask(() => node?.crash());
  }

  /** Starts the home again where it fell: some lives end before they have begun. */
  async look(): Promise<void> {
    // it fell while it was opening: what came up has no port
    if (this.#fallen && this.#node?.isUp === true) this.#node.crash();
    if (this.#node?.isUp === true) return;
    if (this.#within > 0) this.fallWithin(this.#within);
    await this.start().catch(() => {});
  }
}

type Wanted = { readonly hash: string; readonly amountMsat: Msat; readonly to: "W" | "P" };

async function play(core: LightningCore, from: WorldSnapshot, number: number): Promise<number> {
  const random = new Random(`reloads/${String(number)}`);
  const world = new World({ core, seed: `reloads/${String(number)}`, from });
  const { lsp: l, merchant: p } = await addOperator(world, operator);
  const encoding = number % 2 === 0 ? cloneEncoding() : textEncoding();
  const phone = new Phone(world, l, random, encoding);
  await phone.start();
  await world.clock.advance(2_000);

  const advance = async (byMs: number): Promise<void> => {
    for (let passed = 0; passed < byMs; passed += 400) {
      await world.clock.advance(400);
      await phone.look();
    }
  };

  /** Asks until it is answered, over as many lives as it takes: with the same key. */
  const insist = async <Value>(
    what: (w: SimulatedNode) => Promise<{ readonly ok: boolean; readonly value?: Value }>,
  ): Promise<Value> => {
    for (let attempt = 0; attempt < 400; attempt += 1) {
      if (phone.node.isUp) {
        const asked = what(phone.node).then(
          (answer) => (answer.ok ? { value: answer.value as Value } : undefined),
          () => undefined,
        );
        // a call into a home that fell is never answered
        const answer = await world.clock
          .during(Promise.race([asked, pause(world, 4_000)]))
          .catch(() => undefined);
        if (answer !== undefined) return answer.value;
      }
      await advance(400);
    }
    throw new Error("never answered");
  };

  const wanted: Wanted[] = [];
  phone.fallWithin(110);
  for (let step = 0; step < payments; step += 1) {
    const isIn = step === 0 || random.below(2) === 0;
    const amountMsat = msat(BigInt(step === 0 ? 80_000 : 1 + random.below(1_200)) * 1_000n);
    const idempotencyKey = `step-${String(step)}`;
    if (isIn) {
      const terms = { amountMsat, description: "in", expirySeconds: 3_600, idempotencyKey };
      const request = await insist(async ({ host }) => {
        if (step > 0) return host.createInvoice(terms);
        const made = await host.createJitInvoice({
          ...terms,
          lsp: l.id,
          maxOpeningFeeMsat: msat(10_000_000n),
        });
        return made.ok ? { ok: true, value: made.value.payment } : made;
      });
      wanted.push({ hash: request.paymentHash, amountMsat, to: "W" });
      const invoice = request.request ?? "";
      await world.clock.during(p.host.pay({ invoice, maxFeeMsat: msat(100_000n) }));
    } else {
      const made = await world.must(
        p.host.createInvoice({ amountMsat, description: "out", expirySeconds: 3_600 }),
      );
      wanted.push({ hash: made.paymentHash, amountMsat, to: "P" });
      await insist(async ({ host }) => {
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
  phone.stand();
  await advance(2 * minute);

  // the books, on both sides of every payment
  const w = phone.node;
  expect(w.isUp).toBe(true);
  let expected = 0n;
  for (const { hash, amountMsat, to } of wanted) {
    const [payer, payee] = to === "W" ? [p, w] : [w, p];
    const out = await world.clock.during(payer.host.payment(hash, "outbound"));
    const back = await world.clock.during(payee.host.payment(hash, "inbound"));
    if (out?.direction !== "outbound") throw new Error(`run ${String(number)}: a payment is lost`);
    expect(isFinal(out), `run ${String(number)}: ${out.state}`).toBe(true);
    if (out.state === "failed") {
      expect(back?.direction === "inbound" ? back.receivedMsat : null).toBeNull();
      continue;
    }
    if (back?.direction !== "inbound") throw new Error("nobody received");
    expect(back.state).toBe("claimed");
    const skimmed = back.skimmedFeeMsat ?? 0n;
    expect((back.receivedMsat ?? 0n) + skimmed).toBe(amountMsat);
    expected += to === "W" ? amountMsat - skimmed : -(amountMsat + (out.feeMsat ?? 0n));
  }
  const balances = await world.clock.during(w.host.balances());
  expect(balances.channelsMsat).toBe(expected);
  expect(balances.claimable).toEqual([]);
  const channels = await world.clock.during(w.host.channels());
  expect(channels.every(({ closing }) => !closing)).toBe(true);
  const list = await world.clock.during(w.host.payments());
  const succeeded = list.filter(({ state }) => state === "succeeded").map((one) => one.paymentHash);
  expect(new Set(succeeded).size).toBe(succeeded.length);
  world.end();
  return phone.reloads;
}

function pause(world: World, delayMs: number): Promise<undefined> {
  return new Promise((resolve) => {
    world.clock.after(delayMs, () => resolve(undefined));
  });
}

describe("a home that is reloaded at any message", () => {
  test(
    `loses nothing and pays nothing twice, in ${String(runs)} runs`,
    { timeout: 600_000 },
    async () => {
      const core = await loadCore({ prefer: "addon" });
      const from = await prepare(core);
      let reloads = 0;
      for (let number = 0; number < runs; number += 1) reloads += await play(core, from, number);
      expect(reloads).toBeGreaterThan(runs * 5);
    },
  );
});
