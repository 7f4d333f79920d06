import { describe, expect, test } from "vitest";
import { acceptOnlyFrom, memoryStore, silentLogger } from "@satsconnect/lightning";
import type { LightningCore, Payment } from "@satsconnect/lightning";
import { loadCore } from "@satsconnect/lightning/nodejs";
import { Random, World, addOperator, openPublicChannel } from "@satsconnect/lightning/simulation";
import type { SimulatedNode, WorldSnapshot } from "@satsconnect/lightning/simulation";
import { msat } from "@satsconnect/money";
import { memoryKeyValueStore } from "../storage/key-value-store.ts";
import { backedUpStore } from "./backed-up-store.ts";
import type { BackedUpStore } from "./backed-up-store.ts";
import { decodeHead, headLabel } from "./head.ts";
import type { Head } from "./head.ts";
import { backupKeys } from "./backup-keys.ts";
import { MemoryVss, connectTo } from "./testing/memory-vss.ts";
import type { Delivery } from "./testing/memory-vss.ts";
import { MemoryTower } from "./testing/memory-tower.ts";
import { towerHeads } from "./tower-heads.ts";
import { towerKeys } from "./tower-keys.ts";

const minute = 60_000;
const runs = { wide: 40, full: 200 }[process.env["SWEEP"] ?? ""] ?? 8;
const seed = new Uint8Array(64).fill(3);

async function prepare(core: LightningCore): Promise<WorldSnapshot> {
  const world = new World({ core, seed: "devices" });
  const { lsp, merchant } = await addOperator(world);
  await openPublicChannel(world, merchant, lsp);
  return world.closeAndSnapshot();
}

type Phone = { node: SimulatedNode | undefined; store: BackedUpStore | undefined };

/** One person's phones: each with its own storage, all with the same seed. */
class Phones {
  readonly vss = new MemoryVss();
  /** Heads of all writes that arrived, in order. */
  readonly heads: Head[] = [];
  readonly random: Random;
  delivery: () => Delivery = () => "arrives";
  readonly tower: MemoryTower;
  readonly #world: World;
  readonly #operator: SimulatedNode;
  readonly #all: Phone[] = [];

  constructor(world: World, operator: SimulatedNode, random: Random) {
    this.#world = world;
    this.#operator = operator;
    this.random = random;
    this.tower = new MemoryTower(world.clock);
    const keys = backupKeys(seed, random);
    this.vss.onWrite = ({ transactionItems: puts }) => {
      const head = puts.find(({ key }) => key === keys.nameOf(headLabel));
      if (head !== undefined) this.heads.push(decodeHead(keys.decrypt(headLabel, head.value)));
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

  /** Adds a new, empty phone. */
  async buy(isNewSeed: boolean): Promise<boolean> {
    const number = this.#all.length;
    const phone: Phone = { node: undefined, store: undefined };
    this.#all.push(phone);
    const { clock } = this.#world;
    const keyValueStore = memoryKeyValueStore();
    const client = connectTo(this.vss, {
      clock,
      latencyMs: () => 5 + this.random.below(40),
      delivery: () => this.delivery(),
    });
    const tower = towerHeads(this.tower.client(), towerKeys(seed, "ab".repeat(32), this.random));
    const node = this.#world.twin("W", `phone ${String(number)}`, {
      policy: { acceptChannel: acceptOnlyFrom(this.#operator.id) },
      settings: { acceptSkimmedPayments: true },
      store: (medium) => {
        phone.store?.halt();
        phone.store = backedUpStore({
          local: memoryStore(medium),
          keyValueStore,
          vss: client,
          keys: backupKeys(seed, this.random),
          clock,
          entropy: this.random,
          logger: silentLogger,
          isNewSeed,
          tower,
        });
        return phone.store;
      },
      transport: (transport) => ({
        supports: (address) => transport.supports(address),
        connect: (address, signal) =>
          phone.store === undefined
            ? transport.connect(address, signal)
            : phone.store.guardTransport(transport).connect(address, signal),
      }),
    });
    phone.node = node;
    return this.start(number);
  }

  /** False if it does not start: it was replaced, or it cannot find out whether there is a backup. */
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

/** A payment that was requested, and whether the wallet acknowledged it. */
type Request = {
  readonly hash: string;
  readonly direction: "outbound" | "inbound";
  isAcknowledged: boolean;
};

class Run {
  readonly #world: World;
  readonly #lsp: SimulatedNode;
  readonly #merchant: SimulatedNode;
  readonly #phones: Phones;
  readonly #random: Random;
  readonly #requests: Request[] = [];
  takeovers = 0;
  kills = 0;

  constructor(world: World, lsp: SimulatedNode, merchant: SimulatedNode, random: Random) {
    this.#world = world;
    this.#lsp = lsp;
    this.#merchant = merchant;
    this.#random = random;
    this.#phones = new Phones(world, lsp, random);
  }

  async begin(): Promise<void> {
    expect(await this.#phones.buy(true)).toBe(true);
    await this.#world.clock.advance(2_000);
    await this.#receiveFirst();
  }

  async #receiveFirst(): Promise<void> {
    const wallet = this.#phones.current;
    if (wallet === undefined) throw new Error("no phone");
    const jit = await this.#world.expectOk(
      wallet.host.createJitInvoice({
        lsp: this.#lsp.id,
        amountMsat: msat(80_000_000n),
        description: "first",
        expirySeconds: 600,
        maxOpeningFeeMsat: msat(10_000_000n),
      }),
    );
    this.#requests.push({
      hash: jit.payment.paymentHash,
      direction: "inbound",
      isAcknowledged: true,
    });
    await this.#world.expectOk(
      this.#merchant.host.pay({ invoice: jit.invoice, maxFeeMsat: msat(100_000n) }),
    );
    await this.#world.clock.advance(20_000);
    const first = await this.#merchant.host.payment(jit.payment.paymentHash, "outbound");
    expect(first?.state).toBe("succeeded");
  }

  /** The wallet pays an invoice; a phone may be killed meanwhile. */
  async #send(): Promise<void> {
    const wallet = this.#phones.current;
    if (wallet?.isUp !== true) return;
    const amountMsat = msat(BigInt(1 + this.#random.below(1_500)) * 1_000n);
    const invoice = await this.#world.expectOk(
      this.#merchant.host.createInvoice({ amountMsat, description: "tea", expirySeconds: 3_600 }),
    );
    if (!wallet.isUp) return;
    const request: Request = {
      hash: invoice.paymentHash,
      direction: "outbound",
      isAcknowledged: false,
    };
    this.#requests.push(request);
    const pay = async (): Promise<void> => {
      const maxFeeMsat = msat(100_000n);
      const paid = await wallet.host.pay({ invoice: invoice.request ?? "", maxFeeMsat });
      request.isAcknowledged = paid.ok;
    };
    // a killed phone never answers
    pay().catch(() => {});
  }

  /** The wallet makes an invoice, and is paid if the invoice was released. */
  async #receive(): Promise<void> {
    const wallet = this.#phones.current;
    if (wallet?.isUp !== true) return;
    const amountMsat = msat(BigInt(1 + this.#random.below(1_000)) * 1_000n);
    const ask = async (): Promise<void> => {
      const made = await wallet.host.createInvoice({
        amountMsat,
        description: "eggs",
        expirySeconds: 3_600,
      });
      if (!made.ok) return;
      const { paymentHash, request } = made.value;
      this.#requests.push({ hash: paymentHash, direction: "inbound", isAcknowledged: true });
      await this.#merchant.host.pay({ invoice: request ?? "", maxFeeMsat: msat(100_000n) });
    };
    ask().catch(() => {});
  }

  async step(): Promise<void> {
    const phones = this.#phones;
    const { clock } = this.#world;
    const action = this.#random.below(10);
    if (action < 4) await this.#send();
    else if (action < 6) await this.#receive();
    else if (action === 6) {
      phones.kill();
      this.kills += 1;
    } else if (action === 7) {
      // the old phone is lost, or stays switched on
      if (this.#random.below(2) === 0) phones.kill();
      this.takeovers += 1;
      await phones.buy(false);
    } else if (action === 8) {
      const deliveries: readonly Delivery[] = ["arrives", "lost", "answerLost", "late"];
      const bad = 1 + this.#random.below(9);
      phones.delivery = () =>
        this.#random.below(10) < bad ? (deliveries[this.#random.below(4)] ?? "arrives") : "arrives";
      const towers = ["arrives", "lost", "answerLost", "silent"] as const;
      const badTower = this.#random.below(10);
      phones.tower.delivery = () =>
        this.#random.below(10) < badTower
          ? (towers[this.#random.below(4)] ?? "arrives")
          : "arrives";
    } else {
      phones.delivery = () => "arrives";
      phones.tower.delivery = () => "arrives";
    }
    await clock.advance(this.#random.below(400));
    for (let number = 0; number < phones.count; number += 1)
      if (this.#random.below(4) === 0) await phones.start(number);
    await clock.advance(this.#random.below(3_000));
  }

  /** The first phone, long replaced, is switched on again while the server does not answer. */
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
    phones.delivery = () => "lost";
    // the watchtower knows that the phone was replaced
    expect(await phones.start(0)).toBe(false);
    phones.tower.delivery = () => "lost";
    expect(await phones.start(0)).toBe(true);
    await clock.advance(3 * minute);
    expect(phones.store(0)?.status().state).toBe("unreachable");
    phones.kill(0);
  }

  /** Lets the network work again and waits until one phone runs. */
  async end(): Promise<SimulatedNode> {
    const { clock } = this.#world;
    this.#phones.delivery = () => "arrives";
    this.#phones.tower.delivery = () => "arrives";
    for (let number = 0; number < this.#phones.count; number += 1) {
      // old phones are switched on too, and must stay fenced
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
    for (const [index, head] of heads.entries()) {
      const before = heads[index - 1];
      // a replaced phone never writes again, and epochs and commits never decrease
      expect(head.epoch).toBeGreaterThanOrEqual(before?.epoch ?? 0);
      expect(head.commit).toBeGreaterThanOrEqual(before?.commit ?? 0);
      expect(devices.get(head.epoch) ?? head.device).toBe(head.device);
      devices.set(head.epoch, head.device);
    }
    expect(await this.#closed()).toEqual([]);
    // nobody has lied: no state was taken for an old one, and the watchtower has caught up
    for (let number = 0; number < this.#phones.count; number += 1)
      expect(this.#phones.store(number)?.status().outdated).toBeNull();
    expect(this.#phones.tower.counters).toEqual(
      this.#phones.tower.counters.toSorted((a, b) => a - b),
    );
    let balance = 0n;
    const records: Payment[] = [...(await node.host.payments({ limit: 1_000 }))];
    for (const record of records) {
      if (record.direction === "inbound") balance += record.receivedMsat ?? 0n;
      else if (record.state === "succeeded") balance -= record.amountMsat + (record.feeMsat ?? 0n);
      expect(record.state).not.toBe("inFlight");
    }
    for (const { hash, direction, isAcknowledged } of this.#requests) {
      const own = records.find(
        (record) => record.paymentHash === hash && record.direction === direction,
      );
      if (isAcknowledged) expect(own).toBeDefined();
      const merchantPayment = await this.#merchant.host.payment(
        hash,
        direction === "outbound" ? "inbound" : "outbound",
      );
      const isDone = merchantPayment?.state === "claimed" || merchantPayment?.state === "succeeded";
      const isOwnDone = own?.state === "claimed" || own?.state === "succeeded";
      expect({ hash, direction, isDone: isOwnDone }).toEqual({ hash, direction, isDone });
    }
    const channels = await this.#world.clock.during(node.host.balances());
    expect(channels.channelsMsat).toBe(balance);
  }

  /** All channel closures that the operator and the merchant saw. */
  async #closed(): Promise<readonly string[]> {
    const closed: string[] = [];
    for (const node of [this.#lsp, this.#merchant]) {
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

describe("phones with one seed, killed, lost and switched on again, over an unreliable network", () => {
  test(
    "lose no acknowledged payment, close no channel, and never run two at a time",
    { timeout: (runs > 20 ? 60 : 5) * minute },
    async () => {
      const core = await loadCore({ prefer: "addon" });
      const from = await prepare(core);
      let takeovers = 0;
      let kills = 0;
      for (let number = 0; number < runs; number += 1) {
        const name = `phones ${String(number)}`;
        const world = new World({ core, seed: name, from });
        const { lsp, merchant } = await addOperator(world);
        const run = new Run(world, lsp, merchant, new Random(name));
        try {
          await run.begin();
          for (let step = 0; step < 25; step += 1) await run.step();
          await run.check(await run.end());
        } catch (error) {
          throw new Error(`in the run of “${name}”`, { cause: error });
        }
        world.crashAll();
        takeovers += run.takeovers;
        kills += run.kills;
      }
      expect(takeovers).toBeGreaterThan(runs);
      expect(kills).toBeGreaterThan(runs);
    },
  );

  test("do no harm when a replaced phone starts while the server cannot be reached", async () => {
    const core = await loadCore({ prefer: "addon" });
    const world = new World({ core, seed: "stale", from: await prepare(core) });
    const { lsp, merchant } = await addOperator(world);
    const run = new Run(world, lsp, merchant, new Random("stale"));
    await run.begin();
    await run.wakeReplaced();
    const running = await run.end();
    expect(running.isUp).toBe(true);
    await run.check(running);
    world.crashAll();
  });
});
