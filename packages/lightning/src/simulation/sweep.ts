import { err, msat, sat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import type { LightningCore } from "../core/core.ts";
import { acceptConfirmed, acceptNone, acceptOnlyFrom } from "../model/node-policy.ts";
import { isFinal } from "../model/payment.ts";
import type { Logger } from "../ports/logger.ts";
import type { CommitPhase } from "../runtime/core-loop.ts";
import { memoryStore } from "../store/memory-store.ts";
import type { MemoryMedium } from "../store/memory-store.ts";
import { lspPolicy, openPublicChannel, seedLabels } from "./operator.ts";
import { Random } from "./random.ts";
import { Accounts } from "./sweep-accounts.ts";
import type { Wealth } from "./sweep-accounts.ts";
import { World } from "./world.ts";
import type { SimulatedNode, SimulatedNodeOptions, WorldSnapshot } from "./world.ts";

const minute = 60_000;
/** Blocks after its expiry within which an HTLC is claimed and swept. */
const htlcTimeoutBlocks = 24;
const phases: readonly CommitPhase[] = ["beforeStore", "stored", "halfSent", "sent"];
const names = ["lsp", "merchant", "ann", "ben"] as const;
type Name = (typeof names)[number];
const phones = ["ann", "ben"] as const;
type Phone = (typeof phones)[number];

export type SweepOptions = {
  readonly core: LightningCore;
  readonly seed: string;
  readonly steps: number;
  /** Gets each action and each log line. */
  readonly trace?: (line: string) => void;
};

export type SweepOutcome = {
  /** Anything that must not happen. Empty when everything is as promised. */
  readonly faults: readonly string[];
  /** How often each action was taken, and how often nodes crashed. */
  readonly did: Readonly<Record<string, number>>;
};

/** As the engine does in recovery mode: nothing new may start from an old state. */
const recoveryPolicy: SimulatedNodeOptions["policy"] = {
  acceptChannel: acceptNone,
  admitPayment: () => err("node_recovering", "The node is in recovery mode.", "never"),
};

/** State of a node that outlives its restarts. */
type Fate = {
  /** Copies of its stored state after each commit. */
  history: MemoryMedium[];
  /** How much its clock is ahead of true time, in milliseconds. */
  skewMs: number;
  /** Id of its last restore from a backup. */
  restoredFrom: string | undefined;
  recovery: boolean;
};

/** Plays one seed: random actions, crashes and restores, then a rest in which everything has to end well. */
export async function playSweep(options: SweepOptions, from: WorldSnapshot): Promise<SweepOutcome> {
  const sweep = new Sweep(options, from);
  return sweep.play();
}

/** An operator and a merchant with a public channel, and coins for more. */
export async function prepareSweep(core: LightningCore): Promise<WorldSnapshot> {
  const world = new World({ core, seed: "sweep" });
  const sweep = new Sweep({ core, seed: "sweep", steps: 0 }, undefined, world);
  await sweep.addOperator();
  await openPublicChannel(world, world.node("merchant"), world.node("lsp"));
  for (const name of ["lsp", "merchant"] as const)
    for (let coin = 0; coin < 4; coin++)
      world.chain.fund(await world.expectOk(world.node(name).host.newAddress()), sat(20_000_000n));
  world.chain.mine(1);
  await world.clock.advance(minute);
  return world.closeAndSnapshot();
}

class Sweep {
  readonly #world: World;
  readonly #options: SweepOptions;
  readonly #random: Random;
  readonly #accounts = new Accounts();
  readonly #fates = new Map<Name, Fate>();
  readonly #faults: string[] = [];
  readonly #did: Record<string, number> = {};
  readonly #recovered = new Set<Name>();
  readonly #wasRestored = new Set<string>();
  #restores = 0;

  constructor(options: SweepOptions, from: WorldSnapshot | undefined, world?: World) {
    this.#options = options;
    this.#random = new Random(`sweep/${options.seed}`);
    this.#world =
      world ??
      new World({
        core: options.core,
        seed: options.seed,
        ...(from === undefined ? {} : { from }),
        logger: (name) => this.#logger(name),
      });
  }

  async addOperator(): Promise<void> {
    const acceptChannel = acceptConfirmed({ minCapacitySat: sat(100_000n), channelsPerPeer: 10 });
    const lsp = await this.#world.add(
      "lsp",
      this.#observed("lsp", {
        seedLabel: seedLabels.lsp,
        policy: {
          acceptChannel,
          lsp: lspPolicy({
            channelsPerClient: 20,
            opensPerHourPerClient: 1_000,
            opensPerHour: 1_000,
            isRegistered: async () => true,
          }),
        },
        settings: { announced: true, alias: seedLabels.lsp },
      }),
    );
    const merchant = await this.#world.add(
      "merchant",
      this.#observed("merchant", {
        seedLabel: seedLabels.merchant,
        policy: { acceptChannel },
        settings: { announced: true, alias: seedLabels.merchant },
      }),
    );
    await merchant.connect(lsp);
  }

  async play(): Promise<SweepOutcome> {
    await this.addOperator();
    const lsp = this.#node("lsp");
    for (const phone of phones) {
      const added = await this.#world.add(
        phone,
        this.#observed(phone, {
          policy: { acceptChannel: acceptOnlyFrom(lsp.id) },
          settings: { acceptSkimmedPayments: true },
        }),
      );
      await added.connect(lsp);
    }
    await this.#pass(20_000);
    for (const name of names) {
      for (const channel of await this.#world.clock.during(this.#node(name).host.channels()))
        if (channel.outbound) this.#accounts.opened(name, channel);
    }
    const before = await this.#wealth();
    try {
      for (let step = 0; step < this.#options.steps; step++) await this.#step();
      await this.#rest();
      const after = await this.#wealth();
      const wealth = new Map<string, Wealth>();
      for (const name of names)
        wealth.set(name, { before: before.get(name) ?? 0n, after: after.get(name) ?? 0n });
      this.#faults.push(...this.#accounts.check(this.#world.chain, wealth));
    } catch (error) {
      this.#faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    } finally {
      this.#world.crashAll();
    }
    this.#did["crash"] = names.reduce((sum, name) => sum + this.#node(name).crashes, 0);
    return { faults: this.#faults, did: this.#did };
  }

  #node(name: Name): SimulatedNode {
    return this.#world.node(name);
  }

  #fate(name: Name): Fate {
    const fate = this.#fates.get(name) ?? {
      history: [],
      skewMs: 0,
      restoredFrom: undefined,
      recovery: false,
    };
    this.#fates.set(name, fate);
    return fate;
  }

  #observed(name: Name, options: SimulatedNodeOptions): SimulatedNodeOptions {
    const fate = this.#fate(name);
    const { settings, policy } = options;
    return {
      ...options,
      // both are read again at each start
      get settings() {
        return { ...settings, recovery: fate.recovery };
      },
      get policy() {
        return fate.recovery ? recoveryPolicy : policy;
      },
      store: (medium) => {
        const store = memoryStore(medium);
        const restoredFrom = fate.restoredFrom;
        return {
          ...store,
          commit: async (write) => {
            await store.commit(write);
            this.#accounts.committed(name, write);
            fate.history.push(medium.clone());
          },
          ...(restoredFrom === undefined ? {} : { restoredFrom: () => restoredFrom }),
        };
      },
      chain: (chain) => {
        const source = chain.source();
        return {
          ...source,
          broadcast: (transactions) => {
            for (const bytes of transactions) this.#accounts.broadcast(name, bytes);
            return source.broadcast(transactions);
          },
        };
      },
      clock: (clock) => ({
        now: () => clock.now() + fate.skewMs,
        after: (delayMs, callback) => clock.after(delayMs, callback),
        soon: (callback) => clock.soon(callback),
      }),
    };
  }

  #logger(name: string): Logger {
    const line =
      (level: string) =>
      (fields: Readonly<Record<string, unknown>>, message: string): void => {
        this.#trace(`${name} ${level} ${message} ${JSON.stringify(fields)}`);
        // the node has failed by itself: nothing that a peer or a crash does may cause that
        if (level === "error" && message.startsWith("node failed"))
          this.#faults.push(`${name}: ${message}: ${String(fields["error"])}`);
      };
    return { debug: () => {}, info: line("info"), warn: line("warn"), error: line("error") };
  }

  #trace(line: string): void {
    this.#options.trace?.(`${this.#world?.clock.now() ?? 0} ${line}`);
  }

  #note(action: string, details = ""): void {
    this.#did[action] = (this.#did[action] ?? 0) + 1;
    this.#trace(`--- ${action} ${details}`);
  }

  #below(bound: number): number {
    return this.#random.below(bound);
  }

  #one<Item>(items: readonly Item[]): Item {
    const item = items[this.#below(items.length)];
    if (item === undefined) throw new Error("nothing to choose from");
    return item;
  }

  #pass(ms: number): Promise<void> {
    return this.#world.clock.advance(ms);
  }

  /** Starts work that a crash may interrupt. Time passes elsewhere. */
  #begin(work: () => Promise<void>): void {
    const start = async (): Promise<void> => work();
    start().catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      const interrupted = /is down|the node is|session|stopped/iu.test(message);
      if (!interrupted) this.#faults.push(`call rejected: ${message}`);
    });
  }

  async #step(): Promise<void> {
    const actions: (readonly [number, () => void | Promise<void>])[] = [
      [8, () => this.#payPhone(this.#one(phones))],
      [6, () => this.#buyChannel(this.#one(phones))],
      [3, () => this.#payByOperator(this.#one(phones))],
      [10, () => this.#payFromPhone(this.#one(phones))],
      [3, () => this.#openOrdinary()],
      [3, () => this.#close()],
      [5, () => this.#mine()],
      [2, () => this.#reorganise()],
      [9, () => this.#planCrash()],
      [3, () => this.#crash()],
      [3, () => this.#cut()],
      [2, () => this.#skew()],
      [2, () => this.#changeFeeRate()],
      [3, () => this.#restorePhone(this.#one(phones))],
      [1, () => this.#restoreOperator()],
    ];
    let at = this.#below(actions.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, action] of actions) {
      at -= weight;
      if (at >= 0) continue;
      await action();
      break;
    }
    await this.#pass(this.#one([3, 10, 40, 100, 400, 2_000, 10_000, 40_000]));
    for (const name of names) if (this.#below(2) === 0) await this.#start(name);
    if (this.#below(3) === 0) await this.#decideHeld();
  }

  // Payments

  #newPayment(): Msat {
    return msat(BigInt(2_000 + this.#below(50_000)) * 1_000n);
  }

  #pay(payer: Name, payee: Name, hash: string, invoice: string, openChannel: boolean) {
    this.#accounts.expect(hash, payer, payee);
    return this.#node(payer).host.pay({
      invoice,
      maxFeeMsat: msat(100_000n),
      openChannelToPayee: openChannel,
    });
  }

  #payPhone(phone: Phone): void {
    this.#note("pay a phone", phone);
    this.#invoiceAndPay("merchant", phone, this.#newPayment(), this.#below(3) === 0, false);
  }

  #payFromPhone(phone: Phone): void {
    const payee = this.#one(["merchant", "lsp", "ann", "ben"] as const);
    if (payee === phone) return;
    this.#note("pay by phone", `${phone} to ${payee}`);
    this.#invoiceAndPay(phone, payee, this.#newPayment(), this.#below(3) === 0, false);
  }

  #payByOperator(phone: Phone): void {
    this.#note("pay by operator", phone);
    this.#invoiceAndPay("lsp", phone, this.#newPayment(), this.#below(4) === 0, true);
  }

  #invoiceAndPay(payer: Name, payee: Name, amountMsat: Msat, hold: boolean, open: boolean): void {
    this.#begin(async () => {
      const made = await this.#node(payee).host.createInvoice({
        amountMsat,
        expirySeconds: 1_800,
        ...(hold ? { hold, minFinalCltvExpiryDelta: 60 } : {}),
      });
      if (made.ok)
        await this.#pay(payer, payee, made.value.paymentHash, made.value.request ?? "", open);
    });
  }

  /** A first payment, by the merchant or by the LSP itself. The phone refuses some of the merchant's. */
  #buyChannel(phone: Phone): void {
    const paidByLsp = this.#below(3) === 0;
    const payer = this.#one(["merchant", "merchant", "lsp"] as const);
    this.#note("buy a channel", `${phone} ${payer} ${paidByLsp}`);
    const amountMsat = msat(this.#newPayment() + 20_000_000n);
    this.#begin(async () => {
      const made = await this.#node(phone).host.createJitInvoice({
        lsp: this.#node("lsp").id,
        amountMsat,
        description: "",
        expirySeconds: 1_800,
        maxOpeningFeeMsat: msat(50_000_000n),
        paidByLsp,
      });
      if (!made.ok) return;
      const { invoice, payment } = made.value;
      await this.#pay(payer, phone, payment.paymentHash, invoice, payer === "lsp");
    });
  }

  async #decideHeld(mustEnd = false): Promise<void> {
    for (const name of names) {
      const node = this.#node(name);
      if (!node.isUp || node.host.status !== "running") continue;
      const records = await this.#world.clock.during(node.host.payments({ limit: 1_000 }));
      for (const record of records) {
        if (record.state !== "held" || (!mustEnd && this.#below(2) === 0)) continue;
        const claim = this.#below(2) === 0;
        this.#note(claim ? "claim" : "fail", name);
        this.#begin(async () => {
          await (claim
            ? node.host.claimHeld(record.paymentHash)
            : node.host.failHeld(record.paymentHash));
        });
      }
    }
  }

  // Channels

  #openOrdinary(): void {
    const opener = this.#one(["lsp", "merchant", "ann", "ben"] as const);
    const peer = opener === "lsp" ? "merchant" : "lsp";
    const capacitySat = sat(BigInt(100_000 + this.#below(1_000_000)));
    this.#note("open a channel", `${opener} to ${peer}`);
    this.#begin(async () => {
      await this.#node(opener).host.openChannel({
        peer: this.#node(peer).id,
        capacitySat,
        announced: opener === "lsp" || opener === "merchant",
      });
    });
  }

  async #close(): Promise<void> {
    const node = this.#node(this.#one(names));
    if (!node.isUp || node.host.status !== "running") return;
    const channels = await this.#world.clock.during(node.host.channels());
    if (channels.length === 0) return;
    const { channelId, peer } = this.#one(channels);
    // a person must not close a restored wallet by force before its peer has confirmed that its state is the newest
    const isSafe = !this.#wasRestored.has(node.name) || (await this.#isConfirmed(node));
    const force = this.#below(2) === 0 && isSafe;
    this.#note(force ? "force-close" : "close", `${node.name} ${channelId}`);
    this.#begin(async () => {
      await node.host.closeChannel(channelId, { force });
    });
    if (this.#below(3) > 0) return;
    const other = names.map((name) => this.#node(name)).find(({ id }) => id === peer);
    this.#note("close from both sides");
    const both = this.#below(2) === 0;
    if (other === undefined || this.#wasRestored.has(other.name)) return;
    this.#begin(async () => {
      await other.host.closeChannel(channelId, { force: both });
    });
  }

  /** True once a restored node has compared its state with its peer's. */
  async #isConfirmed(node: SimulatedNode): Promise<boolean> {
    await this.#pass(1_000);
    if (!node.isUp || !node.host.peers().some(({ connected }) => connected)) return false;
    await this.#pass(1_000);
    return node.isUp;
  }

  // The chain

  #mine(): void {
    const blocks = this.#one([1, 1, 1, 2, 6, 12]);
    this.#note("mine", String(blocks));
    this.#world.chain.mine(blocks);
  }

  #reorganise(): void {
    const depth = 1 + this.#below(3);
    this.#note("reorganise", String(depth));
    this.#world.chain.disconnect(depth);
    this.#world.chain.mine(depth + 1);
  }

  #changeFeeRate(): void {
    this.#world.chain.satPerVirtualByte = this.#one([1, 2, 5, 20, 60]);
    this.#note("feerate", String(this.#world.chain.satPerVirtualByte));
  }

  // Failures

  #planCrash(): void {
    const name = this.#one(names);
    const node = this.#node(name);
    const commit = node.medium.commitNumber + 1 + this.#below(10);
    const phase = this.#one(phases);
    this.#note("plan a crash", `${name} ${commit} ${phase}`);
    node.plan({ node: name, commit, phase });
  }

  #crash(): void {
    const name = this.#one(names);
    this.#note("stop", name);
    this.#node(name).crash();
  }

  #cut(): void {
    const name = this.#one(names);
    this.#note("cut", name);
    this.#world.network.cut(name);
  }

  #skew(): void {
    const name = this.#one(names);
    // an operator's servers follow NTP; phones need not
    const most = name === "lsp" || name === "merchant" ? 5 * minute : 26 * 60 * minute;
    this.#fate(name).skewMs = Math.round((this.#below(2_001) / 1_000 - 1) * most);
    this.#note("skew", `${name} ${this.#fate(name).skewMs}`);
  }

  #restorePhone(phone: Phone): void {
    // A device cannot tell that its own storage is an older image. That its peer has told it so is in its backup only.
    const fromBackup = this.#below(2) === 0 || this.#wasRestored.has(phone);
    // when both sides of a channel have lost their state, nobody can close it
    if (this.#fate("lsp").recovery || !this.#restore(phone)) return;
    this.#restores += 1;
    if (fromBackup) this.#fate(phone).restoredFrom = `restore ${this.#restores}`;
    this.#note(fromBackup ? "restore a phone from its backup" : "restore a phone's image", phone);
  }

  /** The operator's counter says that its database is older than its state, so it starts in recovery mode. */
  async #restoreOperator(): Promise<void> {
    const fate = this.#fate("lsp");
    if (fate.recovery) return;
    // a restored phone has told the operator first that its state is old
    for (const name of names) {
      this.#node(name).plan(undefined);
      await this.#start(name);
    }
    // The LSP has closed their channels before it loses its state too. LDK waits for the funding with that.
    this.#world.chain.mine(1);
    await this.#pass(minute);
    if (!this.#restore("lsp")) return;
    fate.recovery = true;
    this.#recovered.add("lsp");
    this.#note("restore the operator");
  }

  #restore(name: Name): boolean {
    const node = this.#node(name);
    const fate = this.#fate(name);
    if (fate.history.length < 2) return false;
    node.crash();
    node.plan(undefined);
    const at = this.#below(fate.history.length - 1);
    const copy = fate.history[at];
    if (copy === undefined) return false;
    fate.history.length = at + 1;
    this.#trace(`--- ${name} from ${node.medium.commitNumber} to ${copy.commitNumber}`);
    this.#accounts.restored(name, {
      commit: copy.commitNumber,
      isForwarder: name === "lsp",
      finalBefore: this.#world.clock.now() + fate.skewMs - 10_000,
    });
    node.restore(copy.clone());
    this.#wasRestored.add(name);
    return true;
  }

  async #start(name: Name): Promise<void> {
    const node = this.#node(name);
    if (node.isUp) return;
    const { crashes } = node;
    try {
      await node.open();
    } catch (error) {
      // a planned crash during the start
      if (node.crashes > crashes) return;
      throw error;
    }
  }

  // The end

  async #rest(): Promise<void> {
    this.#trace("=== rest");
    const { chain } = this.#world;
    chain.satPerVirtualByte = 2;
    for (const name of names) this.#node(name).plan(undefined);
    for (const name of names) await this.#start(name);
    await this.#pass(2 * minute);
    for (let round = 0; round < 12 && !(await this.#isQuiet()); round++) {
      await this.#decideHeld(true);
      await this.#pass(30_000);
      chain.mine(1);
    }
    const lsp = this.#fate("lsp");
    if (lsp.recovery) {
      for (let round = 0; round < 20 && (await this.#channelCount()) > 0; round++) {
        await this.#pass(minute);
        chain.mine(1);
      }
      if ((await this.#channelCount()) > 0) this.#faults.push("channels are open after a recovery");
      this.#node("lsp").crash();
      lsp.recovery = false;
      await this.#start("lsp");
      await this.#pass(2 * minute);
    }
    await this.#probe();
    await this.#closeAll();
    let swept = false;
    for (let round = 0; round < 150 && !swept; round++) {
      // a sweep of what an unknown channel paid begins only after six blocks
      chain.mine(6);
      await this.#pass(minute);
      swept = round > 2 && (await this.#isSwept());
    }
    if (!swept) this.#faults.push(`not swept: ${await this.#unswept()}`);
  }

  /** Every phone that can pay and be paid can still do so, whatever has happened to the others. */
  async #probe(): Promise<void> {
    const lsp = this.#node("lsp");
    for (const phone of phones) {
      const node = this.#node(phone);
      const channels = await this.#world.clock.during(node.host.channels());
      const open = channels.filter(({ usable, closing }) => usable && !closing);
      const can = open.some(({ outboundCapacityMsat }) => outboundCapacityMsat > 5_000_000n);
      if (!can) continue;
      const made = await this.#world.expectOk(
        lsp.host.createInvoice({ amountMsat: msat(1_000_000n), expirySeconds: 864_000 }),
      );
      const begun = await this.#world.clock.during(
        this.#pay(phone, "lsp", made.paymentHash, made.request ?? "", false),
      );
      if (!begun.ok) {
        this.#faults.push(`${phone} cannot pay: ${begun.error.message}`);
        continue;
      }
      const paid = await this.#world.clock.during(
        node.host.whenSettled(made.paymentHash, "outbound"),
      );
      if (paid?.state !== "succeeded") this.#faults.push(`${phone}'s payment is ${paid?.state}`);
      this.#note("probe", phone);
    }
  }

  async #closeAll(): Promise<void> {
    for (const force of [false, true]) {
      for (const name of ["lsp", "merchant", ...phones] as const) {
        const node = this.#node(name);
        for (const { channelId } of await this.#world.clock.during(node.host.channels()))
          await this.#world.clock.during(node.host.closeChannel(channelId, { force }));
      }
      await this.#pass(2 * minute);
      this.#world.chain.mine(1);
      await this.#pass(minute);
    }
  }

  async #channelCount(): Promise<number> {
    let count = 0;
    for (const name of names)
      count += (await this.#world.clock.during(this.#node(name).host.channels())).length;
    return count;
  }

  async #isQuiet(): Promise<boolean> {
    for (const name of names) {
      const { host } = this.#node(name);
      const channels = await this.#world.clock.during(host.channels());
      if (channels.some(({ pendingHtlcs }) => pendingHtlcs > 0)) return false;
      const records = await this.#world.clock.during(host.payments({ limit: 1_000 }));
      if (records.some((record) => !isFinal(record) && record.state !== "open")) return false;
    }
    return true;
  }

  async #isSwept(): Promise<boolean> {
    return (await this.#unswept()) === "";
  }

  async #unswept(): Promise<string> {
    const left: string[] = [];
    for (const name of names) {
      const { host } = this.#node(name);
      const channels = await this.#world.clock.during(host.channels());
      const { claimable, sweepingSat, closingSat, onChain } = await this.#world.clock.during(
        host.balances(),
      );
      const pending = onChain.trustedPendingSat + onChain.untrustedPendingSat;
      if (channels.length > 0) left.push(`${name} has ${channels.length} channels`);
      for (const { kind, amountSat, height } of claimable) {
        // LDK counts an HTLC of our own payment with an amount of zero until it has timed out
        const mayTimeOut =
          kind === "maybeTimeout" && this.#world.chain.height < (height ?? 0) + htlcTimeoutBlocks;
        if (amountSat > 0n || mayTimeOut) left.push(`${name} claims ${amountSat} (${kind})`);
      }
      if (sweepingSat > 0n) left.push(`${name} sweeps ${sweepingSat}`);
      // an old state can contain a channel whose funding was withheld and never left
      if (closingSat > 0n && !this.#recovered.has(name)) left.push(`${name} closes ${closingSat}`);
      if (pending > 0n) left.push(`${name} waits for ${pending}`);
    }
    if (this.#world.chain.mempool.length > 0) left.push("unconfirmed transactions");
    return left.join("; ");
  }

  /** The balance of each node, on chain and in channels, in satoshis. */
  async #wealth(): Promise<ReadonlyMap<Name, bigint>> {
    const wealth = new Map<Name, bigint>();
    for (const name of names) {
      const balances = await this.#world.clock.during(this.#node(name).host.balances());
      wealth.set(name, balances.onChain.confirmedSat + balances.channelsMsat / 1_000n);
    }
    return wealth;
  }
}
