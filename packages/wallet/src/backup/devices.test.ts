import { describe, expect, test } from "vitest";
import { acceptOnlyFrom, memoryStore, silentLogger } from "@satsconnect/lightning";
import type { LightningCore, Payment } from "@satsconnect/lightning";
import { loadCore } from "@satsconnect/lightning/nodejs";
import { Random, World, addOperator, openPublicChannel } from "@satsconnect/lightning/simulation";
import type { SimulatedNode, WorldSnapshot } from "@satsconnect/lightning/simulation";
import { msat } from "@satsconnect/money";
import { memoryNotes } from "../notes.ts";
import { backedUpStore } from "./backed-up-store.ts";
import type { BackedUpStore } from "./backed-up-store.ts";
import { decodeHead, headLabel } from "./head.ts";
import type { Head } from "./head.ts";
import { backupKeys } from "./keys.ts";
import { MemoryVss, roadTo } from "./testing/memory-vss.ts";
import type { Fate } from "./testing/memory-vss.ts";

const minute = 60_000;
const runs = process.env["SWEEP"] === "full" ? 200 : 8;
const seed = new Uint8Array(64).fill(3);

async function prepare(core: LightningCore): Promise<WorldSnapshot> {
  const world = new World({ core, seed: "devices" });
  const { lsp: l, merchant: p } = await addOperator(world);
  await openPublicChannel(world, p, l);
  return world.rest();
}

type Phone = { node: SimulatedNode | undefined; store: BackedUpStore | undefined };

/** One person's phones: each with its own storage, all with the same words. */
class Phones {
  readonly vss = new MemoryVss();
  /** Epoch, device and commit of each write that arrived. */
  readonly heads: Head[] = [];
  readonly random: Random;
  fate: () => Fate = () => "arrives";
  readonly #world: World;
  readonly #operator: SimulatedNode;
  readonly #all: Phone[] = [];

  constructor(world: World, operator: SimulatedNode, random: Random) {
    this.#world = world;
    this.#operator = operator;
    this.random = random;
    const keys = backupKeys(seed, random);
    this.vss.onWrite = ({ puts }) => {
      const head = puts.find(({ key }) => key === keys.nameOf(headLabel));
      if (head !== undefined) this.heads.push(decodeHead(keys.open(headLabel, head.value)));
    };
  }

  get count(): number {
    return this.#all.length;
  }

  node(number: number): SimulatedNode {
    const node = this.#all[number]?.node;
    if (node === undefined) throw new Error("no such phone");
    return node;
  }

  get current(): SimulatedNode | undefined {
    return this.#all.at(-1)?.node;
  }

  store(number = this.#all.length - 1): BackedUpStore | undefined {
    return this.#all[number]?.store;
  }

  isUp(number = this.#all.length - 1): boolean {
    return this.#all[number]?.node?.isUp === true;
  }

  /** A new phone, with nothing on it. */
  async buy(isNewSeed: boolean): Promise<boolean> {
    const number = this.#all.length;
    const phone: Phone = { node: undefined, store: undefined };
    this.#all.push(phone);
    const { clock } = this.#world;
    const notes = memoryNotes();
    const road = roadTo(this.vss, {
      clock,
      latencyMs: () => 5 + this.random.below(40),
      fate: () => this.fate(),
    });
    const node = this.#world.twin("W", `phone ${String(number)}`, {
      policy: { acceptChannel: acceptOnlyFrom(this.#operator.id) },
      settings: { acceptSkimmedPayments: true },
      store: (medium) => {
        phone.store?.halt();
        phone.store = backedUpStore({
          local: memoryStore(medium),
          notes,
          vss: road,
          keys: backupKeys(seed, this.random),
          clock,
          entropy: this.random,
          logger: silentLogger,
          isNewSeed,
        });
        return phone.store;
      },
      transport: (transport) => ({
        supports: (address) => transport.supports(address),
        connect: (address, signal) =>
          phone.store === undefined
            ? transport.connect(address, signal)
            : phone.store.guard(transport).connect(address, signal),
      }),
    });
    phone.node = node;
    return this.start(number);
  }

  /** False when it does not start: replaced, or it cannot know whether there is a backup. */
  async start(number = this.#all.length - 1): Promise<boolean> {
    const node = this.#all[number]?.node;
    if (node === undefined || node.isUp) return false;
    try {
      await node.open();
    } catch {
      this.kill(number);
      return false;
    }
    void node.connect(this.#operator).catch(() => {});
    return true;
  }

  kill(number = this.#all.length - 1): void {
    this.#all[number]?.store?.halt();
    this.#all[number]?.node?.crash();
  }
}

/** What was asked of the wallet, and by whom it was acknowledged. */
type Asked = {
  readonly hash: string;
  readonly direction: "outbound" | "inbound";
  isAcknowledged: boolean;
};

class Run {
  readonly #world: World;
  readonly #l: SimulatedNode;
  readonly #p: SimulatedNode;
  readonly #phones: Phones;
  readonly #random: Random;
  readonly #asked: Asked[] = [];
  takeovers = 0;
  kills = 0;

  constructor(world: World, l: SimulatedNode, p: SimulatedNode, random: Random) {
    this.#world = world;
    this.#l = l;
    this.#p = p;
    this.#random = random;
    this.#phones = new Phones(world, l, random);
  }

  async begin(): Promise<void> {
    expect(await this.#phones.buy(true)).toBe(true);
    await this.#world.clock.advance(2_000);
    await this.#receiveFirst();
  }

  async #receiveFirst(): Promise<void> {
    const w = this.#phones.current;
    if (w === undefined) throw new Error("no phone");
    const jit = await this.#world.must(
      w.host.createJitInvoice({
        lsp: this.#l.id,
        amountMsat: msat(80_000_000n),
        description: "first",
        expirySeconds: 600,
        maxOpeningFeeMsat: msat(10_000_000n),
      }),
    );
    this.#asked.push({ hash: jit.payment.paymentHash, direction: "inbound", isAcknowledged: true });
    await this.#world.must(this.#p.host.pay({ invoice: jit.invoice, maxFeeMsat: msat(100_000n) }));
    await this.#world.clock.advance(20_000);
    const first = await this.#p.host.payment(jit.payment.paymentHash, "outbound");
    expect(first?.state).toBe("succeeded");
  }

  /** The wallet pays; who is killed meanwhile, is. */
  async #send(): Promise<void> {
    const w = this.#phones.current;
    if (w?.isUp !== true) return;
    const amountMsat = msat(BigInt(1 + this.#random.below(1_500)) * 1_000n);
    const invoice = await this.#world.must(
      this.#p.host.createInvoice({ amountMsat, description: "tea", expirySeconds: 3_600 }),
    );
    if (!w.isUp) return;
    const asked: Asked = {
      hash: invoice.paymentHash,
      direction: "outbound",
      isAcknowledged: false,
    };
    this.#asked.push(asked);
    const pay = async (): Promise<void> => {
      const maxFeeMsat = msat(100_000n);
      const paid = await w.host.pay({ invoice: invoice.request ?? "", maxFeeMsat });
      asked.isAcknowledged = paid.ok;
    };
    // a phone that is killed answers nothing
    pay().catch(() => {});
  }

  /** The wallet asks for money, and is paid if its invoice came out. */
  async #receive(): Promise<void> {
    const w = this.#phones.current;
    if (w?.isUp !== true) return;
    const amountMsat = msat(BigInt(1 + this.#random.below(1_000)) * 1_000n);
    const ask = async (): Promise<void> => {
      const made = await w.host.createInvoice({
        amountMsat,
        description: "eggs",
        expirySeconds: 3_600,
      });
      if (!made.ok) return;
      const { paymentHash, request } = made.value;
      this.#asked.push({ hash: paymentHash, direction: "inbound", isAcknowledged: true });
      await this.#p.host.pay({ invoice: request ?? "", maxFeeMsat: msat(100_000n) });
    };
    ask().catch(() => {});
  }

  async step(): Promise<void> {
    const phones = this.#phones;
    const { clock } = this.#world;
    const what = this.#random.below(10);
    if (what < 4) await this.#send();
    else if (what < 6) await this.#receive();
    else if (what === 6) {
      phones.kill();
      this.kills += 1;
    } else if (what === 7) {
      // lost in a matatu, or left at home and switched on
      if (this.#random.below(2) === 0) phones.kill();
      this.takeovers += 1;
      await phones.buy(false);
    } else if (what === 8) {
      const fates: readonly Fate[] = ["arrives", "lost", "answerLost", "late"];
      const bad = 1 + this.#random.below(9);
      phones.fate = () =>
        this.#random.below(10) < bad ? (fates[this.#random.below(4)] ?? "arrives") : "arrives";
    } else phones.fate = () => "arrives";
    await clock.advance(this.#random.below(400));
    for (let number = 0; number < phones.count; number += 1)
      if (this.#random.below(4) === 0) await phones.start(number);
    await clock.advance(this.#random.below(3_000));
  }

  /** The first phone, long replaced, is switched on again while the server says nothing. */
  async wakeReplaced(): Promise<void> {
    const phones = this.#phones;
    const { clock } = this.#world;
    phones.kill();
    expect(await phones.buy(false)).toBe(true);
    await clock.advance(30_000);
    for (let payment = 0; payment < 6; payment += 1) {
      await this.#send();
      await clock.advance(5_000);
    }
    phones.kill();
    phones.fate = () => "lost";
    expect(await phones.start(0)).toBe(true);
    await clock.advance(3 * minute);
    expect(phones.store(0)?.status().state).toBe("unreachable");
    phones.kill(0);
  }

  /** Everything works again, and there is time. */
  async end(): Promise<SimulatedNode> {
    const { clock } = this.#world;
    this.#phones.fate = () => "arrives";
    for (let number = 0; number < this.#phones.count; number += 1) {
      // an old phone comes back as well, and must stay out
      await this.#phones.start(number);
      await clock.advance(5_000);
    }
    let running: readonly number[] = [];
    for (let tries = 0; tries < 20; tries += 1) {
      await clock.advance(60_000);
      running = Array.from({ length: this.#phones.count }, (_, number) => number).filter(
        (number) =>
          this.#phones.isUp(number) && this.#phones.store(number)?.status().state !== "replaced",
      );
      if (running.length === 1) break;
      if (running.length === 0) await this.#phones.buy(false);
    }
    expect(running).toHaveLength(1);
    const node = this.#phones.node(running[0] ?? 0);
    await clock.advance(10 * minute);
    return node;
  }

  async check(node: SimulatedNode): Promise<void> {
    const { heads } = this.#phones;
    const devices = new Map<number, string>();
    for (const [place, head] of heads.entries()) {
      const before = heads[place - 1];
      // who was replaced never writes again, and nothing that was written is taken back
      expect(head.epoch).toBeGreaterThanOrEqual(before?.epoch ?? 0);
      expect(head.commit).toBeGreaterThanOrEqual(before?.commit ?? 0);
      expect(devices.get(head.epoch) ?? head.device).toBe(head.device);
      devices.set(head.epoch, head.device);
    }
    expect(await this.#closed()).toEqual([]);
    let balance = 0n;
    const records: Payment[] = [...(await node.host.payments({ limit: 1_000 }))];
    for (const record of records) {
      if (record.direction === "inbound") balance += record.receivedMsat ?? 0n;
      else if (record.state === "succeeded") balance -= record.amountMsat + (record.feeMsat ?? 0n);
      expect(record.state).not.toBe("inFlight");
    }
    for (const { hash, direction, isAcknowledged } of this.#asked) {
      const own = records.find(
        (record) => record.paymentHash === hash && record.direction === direction,
      );
      if (isAcknowledged) expect(own).toBeDefined();
      const theirs = await this.#p.host.payment(
        hash,
        direction === "outbound" ? "inbound" : "outbound",
      );
      const isDone = theirs?.state === "claimed" || theirs?.state === "succeeded";
      const isOwnDone = own?.state === "claimed" || own?.state === "succeeded";
      expect({ hash, direction, isDone: isOwnDone }).toEqual({ hash, direction, isDone });
    }
    const channels = await this.#world.clock.during(node.host.balances());
    expect(channels.channelsMsat).toBe(balance);
  }

  /** Of any node, from its first event on. */
  async #closed(): Promise<readonly string[]> {
    const closed: string[] = [];
    for (const node of [this.#l, this.#p]) {
      const until = new AbortController();
      const { lastSequence } = node.host;
      const read = async (): Promise<void> => {
        for await (const event of node.host.events(0, until.signal)) {
          if (event.type === "channelClosed") closed.push(`${node.name}: ${event.reason}`);
          if (event.sequence >= lastSequence) return;
        }
      };
      await this.#world.clock.during(read());
      until.abort();
    }
    return closed;
  }
}

describe("phones of one seed, lost, switched on again and killed, over a network that loses and delays", () => {
  test(
    "nothing that was acknowledged is lost, no channel closes, and two never go on beside each other",
    { timeout: (runs > 20 ? 60 : 5) * minute },
    async () => {
      const core = await loadCore({ prefer: "addon" });
      const from = await prepare(core);
      let takeovers = 0;
      let kills = 0;
      for (let number = 0; number < runs; number += 1) {
        const name = `phones ${String(number)}`;
        const world = new World({ core, seed: name, from });
        const { lsp: l, merchant: p } = await addOperator(world);
        const run = new Run(world, l, p, new Random(name));
        try {
          await run.begin();
          for (let step = 0; step < 25; step += 1) await run.step();
          await run.check(await run.end());
        } catch (error) {
          throw new Error(`in the run of “${name}”`, { cause: error });
        }
        world.end();
        takeovers += run.takeovers;
        kills += run.kills;
      }
      expect(takeovers).toBeGreaterThan(runs);
      expect(kills).toBeGreaterThan(runs);
    },
  );

  test("a phone that was replaced, wakes and cannot ask does no harm", async () => {
    const core = await loadCore({ prefer: "addon" });
    const world = new World({ core, seed: "stale", from: await prepare(core) });
    const { lsp: l, merchant: p } = await addOperator(world);
    const run = new Run(world, l, p, new Random("stale"));
    await run.begin();
    await run.wakeReplaced();
    const running = await run.end();
    expect(running.isUp).toBe(true);
    await run.check(running);
    world.end();
  });
});
