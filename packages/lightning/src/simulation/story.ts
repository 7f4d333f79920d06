import { msat } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import type { LightningCore } from "../core/core.ts";
import { acceptOnlyFrom } from "../model/node-policy.ts";
import type { Logger } from "../ports/logger.ts";
import { isFinal } from "../model/payment.ts";
import type { InboundPayment, Payment } from "../model/payment.ts";
import { addOperator, openPublicChannel, seedLabels } from "./operator.ts";
import type { OperatorOptions } from "./operator.ts";
import { World } from "./world.ts";
import type { CrashPlan, SimulatedNode, WorldSnapshot } from "./world.ts";

const minute = 60_000;

/** Opens a world with a wallet, its LSP and a merchant. Once prepared, LSP and merchant share a public channel. */
export async function openStory(
  options: StoryOptions,
  from: WorldSnapshot | undefined,
): Promise<World> {
  const world = new World({ ...options, ...(from === undefined ? {} : { from }) });
  const { lsp } = await addOperator(world, options);
  const wallet = await world.add("wallet", {
    seedLabel: seedLabels.wallet,
    policy: {
      acceptChannel: acceptOnlyFrom(lsp.id),
      ...(options.admitPayment === undefined ? {} : { admitPayment: options.admitPayment }),
    },
    settings: { acceptSkimmedPayments: true, toSelfDelayBlocks: 2_016 },
  });
  await wallet.connect(lsp);
  return world;
}

export type StoryOptions = Pick<OperatorOptions, "admitPayment" | "merchantStore"> & {
  readonly core: LightningCore;
  readonly seed: string;
  readonly logger?: (name: string) => Logger;
};

/** Prepares the world for the story: funds on chain, the public channel open, no channel for the wallet. */
export async function prepareStory(options: StoryOptions): Promise<WorldSnapshot> {
  const world = await openStory(options, undefined);
  await openPublicChannel(world, world.node("merchant"), world.node("lsp"));
  return world.closeAndSnapshot();
}

/** The result of a run. Apart from `crashes`, `commits` and `digest` it must be the same for every run. */
export type StoryOutcome = {
  /** Channels that closed, with the reason. */
  readonly closed: readonly string[];
  readonly crashes: number;
  /** Step → final states at payer and payee. */
  readonly payments: Readonly<Record<string, string>>;
  /** Inconsistencies in balances, records or events. Empty when everything is exact. */
  readonly faults: readonly string[];
  readonly commits: Readonly<Record<string, number>>;
  readonly digest: string;
};

/**
 * Plays the story from the prepared world, crashing nodes as planned: a first payment that opens the wallet's channel
 * (LSPS2), payments in both directions, hold invoices claimed and failed back, and a payment from the LSP to its wallet
 * that needs a second channel. Crashed nodes restart two seconds later; interrupted calls are repeated with the same
 * idempotency keys.
 */
export async function playStory(
  options: StoryOptions,
  from: WorldSnapshot,
  plans: readonly CrashPlan[],
): Promise<StoryOutcome> {
  const world = await openStory(options, from);
  const story = new Story(world);
  const before = await story.channelTotals();
  for (const plan of plans) world.node(plan.node).plan(plan);

  await story.pay("first", "merchant", "wallet", msat(50_000_000n), { jit: true });
  await story.pay("coffee", "wallet", "merchant", msat(10_000_000n), {});
  await story.pay("change", "merchant", "wallet", msat(3_000_000n), {});
  await story.pay("held and claimed", "wallet", "merchant", msat(5_000_000n), { hold: "claim" });
  await story.pay("held and returned", "wallet", "merchant", msat(6_000_000n), { hold: "fail" });
  await story.pay("held by the wallet", "merchant", "wallet", msat(2_000_000n), { hold: "claim" });
  await story.pay("sold", "wallet", "lsp", msat(4_000_000n), { hold: "claim" });
  await story.pay("bought", "lsp", "wallet", msat(400_000_000n), { openChannel: true });
  await story.waitUntilIdle();
  const outcome = await story.outcome(before);
  world.crashAll();
  return outcome;
}

type Terms = {
  readonly jit?: boolean;
  readonly hold?: "claim" | "fail";
  readonly openChannel?: boolean;
};

/** Drives the nodes through the story, and repeats each call until it has succeeded. */
class Story {
  readonly #world: World;
  readonly #steps = new Map<
    string,
    { readonly hash: string; readonly from: string; readonly to: string }
  >();

  constructor(world: World) {
    this.#world = world;
  }

  async pay(step: string, from: string, to: string, amountMsat: Msat, terms: Terms): Promise<void> {
    const invoice = await this.#invoice(step, to, amountMsat, terms);
    this.#steps.set(step, { hash: invoice.paymentHash, from, to });
    const key = step.replaceAll(" ", "-");
    await this.#until(`${step}: payment created`, async () => {
      const started = await this.#call(from, (node) =>
        node.host.pay({
          invoice: invoice.request ?? "",
          maxFeeMsat: msat(100_000n),
          idempotencyKey: `pay/${key}`,
          openChannelToPayee: terms.openChannel === true,
        }),
      );
      return started !== undefined;
    });
    if (terms.hold !== undefined) await this.#decide(step, to, invoice.paymentHash, terms.hold);
    await this.#until(`${step}: final for both`, async () => {
      const [out, back] = await this.#both(step);
      if (out === undefined || back === undefined || !isFinal(out)) return false;
      return out.state === "failed" || isFinal(back);
    });
  }

  async #decide(step: string, to: string, hash: string, decision: "claim" | "fail"): Promise<void> {
    await this.#until(`${step}: held or final`, async () => {
      const [out, held] = await this.#both(step);
      return (
        held?.state === "held" || (held !== undefined && isFinal(held)) || out?.state === "failed"
      );
    });
    await this.#until(`${step}: decided`, async () => {
      const [out, held] = await this.#both(step);
      if (out?.state === "failed" || (held !== undefined && isFinal(held))) return true;
      const decided = await this.#call(to, (node) =>
        decision === "claim" ? node.host.claimHeld(hash) : node.host.failHeld(hash),
      );
      return decided !== undefined;
    });
  }

  #invoice(step: string, to: string, amountMsat: Msat, terms: Terms): Promise<InboundPayment> {
    const expirySeconds = 3_600;
    const idempotencyKey = `invoice/${step.replaceAll(" ", "-")}`;
    let made: InboundPayment | undefined;
    return this.#until(`${step}: invoice`, async () => {
      if (terms.jit === true) {
        const jit = await this.#call(to, (node) =>
          node.host.createJitInvoice({
            lsp: this.#world.node("lsp").id,
            amountMsat,
            description: step,
            expirySeconds,
            maxOpeningFeeMsat: msat(2_000_000n),
            idempotencyKey,
          }),
        );
        made = jit?.payment;
      } else {
        made = await this.#call(to, (node) =>
          node.host.createInvoice({
            amountMsat,
            description: step,
            expirySeconds,
            idempotencyKey,
            ...(terms.hold === undefined ? {} : { hold: true, minFinalCltvExpiryDelta: 150 }),
          }),
        );
      }
      return made !== undefined;
    }).then(() => {
      if (made === undefined) throw new Error("no invoice");
      return made;
    });
  }

  async #both(step: string): Promise<readonly [Payment | undefined, Payment | undefined]> {
    const { hash, from, to } = this.#steps.get(step) ?? { hash: "", from: "", to: "" };
    return [
      await this.#read(from, (node) => node.host.payment(hash, "outbound")),
      await this.#read(to, (node) => node.host.payment(hash, "inbound")),
    ];
  }

  /** Calls a node that may be down or crash. Undefined: repeat later. @throws Error for failures with retry `never`. */
  async #call<Value>(
    name: string,
    call: (node: SimulatedNode) => Promise<Result<Value>>,
  ): Promise<Value | undefined> {
    const node = this.#world.node(name);
    if (!node.isUp) return undefined;
    const result = await this.#world.clock.during(call(node));
    if (result.ok) return result.value;
    if (result.error.retry === "never" && node.isUp)
      throw new Error(`${result.error.code}: ${result.error.message}`);
    return undefined;
  }

  async #read<Value>(
    name: string,
    read: (node: SimulatedNode) => Promise<Value | undefined>,
  ): Promise<Value | undefined> {
    const node = this.#world.node(name);
    return node.isUp ? this.#world.clock.during(read(node)) : undefined;
  }

  /** Lets time pass, and restarts crashed nodes, until the condition holds. @throws Error after 20 minutes. */
  async #until(description: string, holds: () => Promise<boolean>): Promise<void> {
    const { clock } = this.#world;
    const end = clock.now() + 20 * minute;
    while (clock.now() < end) {
      await this.#restartCrashed();
      if (await holds()) return;
      await clock.advance(50);
    }
    throw new Error(`timed out after 20 minutes: ${description}`);
  }

  async #restartCrashed(): Promise<void> {
    for (const node of this.#world.nodes()) {
      if (node.isUp) continue;
      await this.#world.clock.advance(2_000);
      await node.open();
    }
  }

  /** Waits until no HTLC is pending and every channel is usable. */
  async waitUntilIdle(): Promise<void> {
    await this.#until("at rest", async () => {
      for (const node of this.#world.nodes()) {
        if (!node.isUp) return false;
        const channels = await this.#world.clock.during(node.host.channels());
        if (channels.some((channel) => channel.pendingHtlcs > 0 || !channel.usable)) return false;
      }
      return true;
    });
    await this.#world.clock.advance(2 * minute);
    await this.#restartCrashed();
  }

  async channelTotals(): Promise<ReadonlyMap<string, bigint>> {
    const totals = new Map<string, bigint>();
    for (const node of this.#world.nodes()) {
      totals.set(node.name, (await this.#world.clock.during(node.host.balances())).channelsMsat);
    }
    return totals;
  }

  async outcome(before: ReadonlyMap<string, bigint>): Promise<StoryOutcome> {
    const faults: string[] = [];
    const closed: string[] = [];
    const payments: Record<string, string> = {};
    const commits: Record<string, number> = {};
    for (const [step, { hash }] of this.#steps) {
      const [out, back] = await this.#both(step);
      payments[step] = `${out?.state} ${back?.state}`;
      const paid = out?.state === "succeeded";
      const got = back?.state === "claimed";
      if (paid !== got) faults.push(`${step}: payer says ${out?.state}, payee says ${back?.state}`);
      if (paid && out.direction === "outbound" && out.feeMsat === null)
        faults.push(`${step}: no fee`);
      if (paid && (await this.#proof(step, hash)) === undefined) faults.push(`${step}: no proof`);
    }
    const totals = await this.channelTotals();
    let capacities = 0n;
    let sum = 0n;
    for (const node of this.#world.nodes()) {
      commits[node.name] = node.medium.commitNumber;
      const records = await this.#records(node);
      const moved = records.reduce((delta, payment) => delta + movedBy(payment), 0n);
      const total = totals.get(node.name) ?? 0n;
      sum += total;
      const channels = await this.#world.clock.during(node.host.channels());
      for (const channel of channels) {
        if (channel.outbound) capacities += channel.capacitySat * 1_000n;
      }
      // the LSP is excluded: it funds channels from the chain and earns fees
      if (node.name !== "lsp" && total !== (before.get(node.name) ?? 0n) + moved) {
        faults.push(
          `${node.name} has ${total} msat; its records add up to ${(before.get(node.name) ?? 0n) + moved}`,
        );
      }
      // unpaid invoices stay open until they expire
      const open = records.filter((payment) => !isFinal(payment) && payment.state !== "open");
      if (open.length > 0)
        faults.push(`${node.name}: payments not final: ${open.map(({ state }) => state).join()}`);
      const fundings = new Map<string, string>();
      for (const event of await this.#events(node, faults)) {
        if (event.type === "channelPending") fundings.set(event.channelId, event.funding.txid);
        if (event.type !== "channelClosed") continue;
        // a channel whose funding was never broadcast does not count: the opener crashed before both had signed
        const funded = this.#world.chain.accepted.includes(fundings.get(event.channelId) ?? "");
        if (funded) closed.push(`${node.name}: ${event.closure} ${event.reason}`);
      }
    }
    if (sum !== capacities)
      faults.push(`channel capacities add up to ${capacities} msat, balances to ${sum}`);
    const crashes = this.#world.nodes().reduce((count, node) => count + node.crashes, 0);
    return { closed, crashes, payments, faults, commits, digest: this.#world.digest() };
  }

  #proof(step: string, hash: string): Promise<string | undefined> {
    const { from } = this.#steps.get(step) ?? { from: "" };
    return this.#read(from, (node) => node.host.proofOfPayment(hash));
  }

  #records(node: SimulatedNode): Promise<readonly Payment[]> {
    return this.#world.clock.during(node.host.payments({ limit: 1_000 }));
  }

  async #events(node: SimulatedNode, faults: string[]) {
    const events = [];
    let last = 0;
    const finals = new Map<number, string>();
    const feed = node.host.events(0);
    const iterator = feed[Symbol.asyncIterator]();
    while (last < node.host.lastSequence) {
      const { value, done } = await this.#world.clock.during(iterator.next());
      if (done === true) break;
      if (value.sequence !== last + 1)
        faults.push(`${node.name}: event ${value.sequence} after ${last}`);
      last = value.sequence;
      events.push(value);
      if (value.type !== "payment") continue;
      const earlier = finals.get(value.payment.number);
      if (earlier !== undefined)
        faults.push(`${node.name}: payment ${value.payment.number} changed after ${earlier}`);
      if (isFinal(value.payment)) finals.set(value.payment.number, value.payment.state);
    }
    await iterator.return?.();
    return events;
  }
}

/** The change that a payment made to the balance of its node's channels. */
function movedBy(payment: Payment): bigint {
  if (payment.direction === "outbound") {
    return payment.state === "succeeded" ? -(payment.amountMsat + (payment.feeMsat ?? 0n)) : 0n;
  }
  return payment.state === "claimed" ? (payment.receivedMsat ?? 0n) : 0n;
}
