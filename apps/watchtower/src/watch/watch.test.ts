import { randomBytes } from "node:crypto";
import { locatorOf, sealJustice } from "@satsconnect/contracts/watchtower";
import type { Appointment } from "@satsconnect/contracts/watchtower";
import { parseTransaction } from "@satsconnect/lightning";
import { err, ok, valueOf } from "@satsconnect/money";
import { beforeEach, describe, expect, test } from "vitest";
import type { Block, Chain } from "../chain/chain.ts";
import { createLogger } from "../logger.ts";
import { justicePolicy } from "../policy.ts";
import { openAppointments } from "../store/appointments.ts";
import { openBlocks } from "../store/blocks.ts";
import { openBreaches } from "../store/breaches.ts";
import { openDatabase } from "../store/database.ts";
import type { Database } from "../store/database.ts";
import { openWallets } from "../store/wallets.ts";
import { Responder } from "./responder.ts";
import { Watcher } from "./watcher.ts";

const randomId = (): string => randomBytes(32).toString("hex");
const wallet = "aa".repeat(32);
const channel = "01".repeat(16);
const noSignal = new AbortController().signal;
const valueSat = 1_000_000n;
const fees = [200n, 2_000n, 20_000n];

/** A transaction with one input, one output and the witness of a revoked `to_local` output with this delay. */
function justiceTransaction(txid: string, feeSat: bigint, delay: number): Uint8Array {
  const value = Buffer.alloc(8);
  value.writeBigUInt64LE(valueSat - feeSat);
  const key = Buffer.alloc(33, 2);
  const csv = Buffer.from([2, delay % 256, Math.floor(delay / 256)]);
  const script = Buffer.concat([
    Buffer.from([0x63, 33]),
    key,
    Buffer.from([0x67]),
    csv,
    Buffer.from([0xb2, 0x75, 33]),
    key,
    Buffer.from([0x68, 0xac]),
  ]);
  const signature = Buffer.alloc(71, 3);
  return new Uint8Array(
    Buffer.concat([
      Buffer.from("02000000000101", "hex"),
      Buffer.from(txid, "hex").reverse(),
      Buffer.from("0100000000fdffffff01", "hex"),
      value,
      Buffer.from("160014" + "07".repeat(20), "hex"),
      Buffer.from([3, signature.length]),
      signature,
      Buffer.from([1, 1, script.length]),
      script,
      Buffer.alloc(4),
    ]),
  );
}

function appointmentFor(txid: string, delay = 2_016, name = channel): Appointment {
  const transactions = fees.map((fee) => justiceTransaction(txid, fee, delay));
  const blob = Buffer.from(sealJustice({ valueSat, transactions }, txid)).toString("base64");
  return { channel: name, locator: locatorOf(txid), blob };
}

class FakeChain implements Chain {
  blocks: Block[] = [];
  readonly #byHash = new Map<string, Block>();
  readonly sent: string[] = [];
  estimate: number | null = 300;
  isReachable = true;
  rejects = false;
  spent = false;

  constructor() {
    for (let count = 0; count < 100; count += 1) this.mine([]);
  }
  mine(txids: readonly string[]): void {
    const previousHash = this.blocks.at(-1)?.hash ?? "00".repeat(32);
    const block = { height: this.blocks.length, hash: randomId(), previousHash, txids };
    this.blocks.push(block);
    this.#byHash.set(block.hash, block);
  }
  readonly #answer = <Value>(value: Value) =>
    this.isReachable ? ok(value) : err("chain_unreachable" as const, "gone", "safe");
  tipHeight = async () => this.#answer(this.blocks.length - 1);
  hashAt = async (height: number) => this.#answer(this.blocks[height]?.hash ?? "");
  block = async (hash: string) => {
    const found = this.#byHash.get(hash);
    return found === undefined
      ? err("chain_unreachable" as const, "unknown", "safe")
      : this.#answer(found);
  };
  feeRate = async () => this.#answer(this.estimate);
  broadcast = async (transaction: Uint8Array) => {
    if (this.rejects) return err("broadcast_rejected" as const, "no", "never");
    this.sent.push(parseTransaction(transaction).txid);
    return this.#answer(undefined);
  };
  isSpent = async () => this.#answer(this.spent);
}

let database: Database;
let chain: FakeChain;

/** The parts of the watchtower, also as a restart opens them again. */
function open(limits = { perWalletBytes: 1_000_000, totalBytes: 10_000_000 }) {
  const logger = createLogger("silent");
  const appointments = openAppointments(database, limits);
  const breaches = openBreaches(database);
  const blocks = openBlocks(database);
  const watcher = new Watcher({ chain, database, blocks, appointments, breaches, logger });
  const responder = new Responder({ chain, breaches, logger });
  return {
    appointments,
    breaches,
    watcher,
    add: (...list: readonly Appointment[]) =>
      database.transaction(() => {
        const added = appointments.add(
          wallet,
          { appointments: [...list], closed: [] },
          watcher.height,
        );
        if (added.ok) watcher.onNewAppointments(added.value);
        return added;
      }),
    async turn() {
      await watcher.catchUp(noSignal);
      await responder.respond(watcher.height, noSignal);
    },
  };
}

const justiceOf = (txid: string, delay = 2_016): readonly string[] =>
  fees.map((fee) => parseTransaction(justiceTransaction(txid, fee, delay)).txid);

beforeEach(() => {
  database = openDatabase(":memory:");
  openWallets(database).useSequence(wallet, 1, 0);
  chain = new FakeChain();
});

describe("a revoked transaction in a block", () => {
  test("is answered with the lowest fee that meets the estimate, once", async () => {
    const tower = open();
    await tower.turn();
    const theft = randomId();
    valueOf(tower.add(appointmentFor(theft), appointmentFor(randomId())));
    chain.mine([randomId(), randomId()]);
    await tower.turn();
    expect(chain.sent).toEqual([]);
    chain.estimate = 2_000;
    chain.mine([randomId(), theft]);
    await tower.turn();
    expect(chain.sent).toEqual([justiceOf(theft)[1]]);
    chain.mine([justiceOf(theft)[1] ?? ""]);
    await tower.turn();
    expect(chain.sent).toHaveLength(1);
    expect(tower.breaches.open()).toEqual([]);
  });

  test("is answered again with higher fees until a transaction is confirmed", async () => {
    const tower = open();
    await tower.turn();
    const theft = randomId();
    tower.add(appointmentFor(theft));
    chain.mine([theft]);
    await tower.turn();
    for (let block = 0; block < 2 * justicePolicy.raiseFeeAfterBlocks; block += 1) {
      chain.mine([]);
      await tower.turn();
    }
    const [low = "", middle = "", high = ""] = justiceOf(theft);
    expect(chain.sent.filter((txid) => txid === low)).toHaveLength(6);
    expect(chain.sent.filter((txid) => txid === middle)).toHaveLength(6);
    expect(chain.sent.at(-1)).toBe(high);
    // whichever of them a miner takes
    chain.mine([low]);
    await tower.turn();
    expect(tower.breaches.open()).toEqual([]);
  });

  test("is answered with the highest fee when the thief can soon spend the output", async () => {
    const tower = open();
    await tower.turn();
    const theft = randomId();
    tower.add(appointmentFor(theft, 144));
    chain.mine([theft]);
    for (let block = 0; block < 72; block += 1) chain.mine([]);
    await tower.turn();
    expect(chain.sent).toEqual([justiceOf(theft, 144)[2]]);
  });

  test("is found by a watchtower that was off for days, and answered after a crash in between", async () => {
    const first = open();
    await first.turn();
    const theft = randomId();
    first.add(appointmentFor(theft));
    for (let block = 0; block < 300; block += 1) chain.mine([]);
    chain.mine([theft]);
    for (let block = 0; block < 300; block += 1) chain.mine([]);
    // found and stored, and the process ends before it is answered
    await open().watcher.catchUp(noSignal);
    chain.isReachable = false;
    await open().turn();
    chain.isReachable = true;
    await open().turn();
    expect(justiceOf(theft)).toContain(chain.sent.at(-1));
  });

  test("is found if its appointment comes a few blocks late", async () => {
    const tower = open();
    await tower.turn();
    const theft = randomId();
    chain.mine([theft]);
    chain.mine([]);
    await tower.turn();
    tower.add(appointmentFor(theft));
    await tower.turn();
    expect(chain.sent).toHaveLength(1);
  });

  test("is answered again if a reorganisation removes the punishment", async () => {
    const tower = open();
    await tower.turn();
    const theft = randomId();
    tower.add(appointmentFor(theft));
    chain.mine([theft]);
    await tower.turn();
    chain.mine([justiceOf(theft)[0] ?? ""]);
    await tower.turn();
    expect(tower.breaches.open()).toEqual([]);
    chain.blocks.pop();
    chain.mine([]);
    await tower.turn();
    expect(tower.breaches.open()).toHaveLength(1);
    expect(chain.sent).toHaveLength(2);
    // the theft itself is reorganised into another block
    chain.blocks.splice(-2);
    chain.mine([]);
    chain.mine([theft]);
    chain.mine([justiceOf(theft)[0] ?? ""]);
    await tower.turn();
    expect(tower.breaches.open()).toEqual([]);
  });

  test("is not answered for ever: not once its output is spent, nor once it is deep", async () => {
    const tower = open();
    await tower.turn();
    const theft = randomId();
    tower.add(appointmentFor(theft));
    chain.mine([theft]);
    chain.rejects = true;
    await tower.turn();
    expect(tower.breaches.open()).toHaveLength(1);
    chain.spent = true;
    await tower.turn();
    expect(tower.breaches.open()).toEqual([]);
    for (let block = 0; block <= justicePolicy.deepBlocks; block += 1) chain.mine([]);
    await tower.turn();
    expect(database.use(`SELECT count(*) AS n FROM breaches`).get()).toEqual({ n: 0 });
    expect(database.use(`SELECT count(*) AS n FROM justice_transactions`).get()).toEqual({ n: 0 });
  });
});

describe("an appointment", () => {
  test("of somebody else with the same locator changes nothing", async () => {
    const tower = open();
    await tower.turn();
    const theft = randomId();
    const stranger = "bb".repeat(32);
    openWallets(database).useSequence(stranger, 1, 0);
    const forged = { ...appointmentFor(randomId()), locator: locatorOf(theft) };
    tower.appointments.add(stranger, { appointments: [forged], closed: [] }, 0);
    tower.add(appointmentFor(theft));
    chain.mine([theft]);
    await tower.turn();
    expect(chain.sent).toEqual([justiceOf(theft)[0]]);
  });

  test("whose transactions spend something else is not used", async () => {
    const tower = open();
    await tower.turn();
    const theft = randomId();
    const transactions = [justiceTransaction(randomId(), 100n, 144)];
    const blob = Buffer.from(sealJustice({ valueSat, transactions }, theft)).toString("base64");
    tower.add({ channel, locator: locatorOf(theft), blob });
    chain.mine([theft]);
    await tower.turn();
    expect(chain.sent).toEqual([]);
  });

  test("is stored once, within the wallet's room and the watchtower's", async () => {
    const one = appointmentFor(randomId());
    const size = Buffer.from(one.blob, "base64").length;
    const tower = open({ perWalletBytes: 3 * size, totalBytes: 4 * size });
    valueOf(tower.add(one));
    expect(valueOf(tower.add(one))).toEqual([]);
    expect(tower.appointments.count(wallet)).toBe(1);
    valueOf(tower.add(appointmentFor(randomId()), appointmentFor(randomId())));
    expect(tower.add(appointmentFor(randomId()))).toMatchObject({
      error: { code: "tower_quota_used" },
    });
    const other = "bb".repeat(32);
    openWallets(database).useSequence(other, 1, 0);
    const request = { appointments: [appointmentFor(randomId())], closed: [] };
    expect(tower.appointments.add(other, request, 0).ok).toBe(true);
    const next = { appointments: [appointmentFor(randomId())], closed: [] };
    // the sum survives a restart
    const reopened = open({ perWalletBytes: 3 * size, totalBytes: 4 * size });
    expect(reopened.appointments.add(other, next, 0).ok).toBe(false);
  });

  test("is deleted long after its channel was closed, and not before", async () => {
    const tower = open();
    await tower.turn();
    const [kept, deleted] = [
      appointmentFor(randomId(), 144, "02".repeat(16)),
      appointmentFor(randomId()),
    ];
    tower.add(kept, deleted);
    tower.appointments.add(wallet, { appointments: [], closed: [channel] }, tower.watcher.height);
    for (let block = 1; block < justicePolicy.closedChannelBlocks; block += 1) chain.mine([]);
    await tower.turn();
    expect(tower.appointments.count(wallet)).toBe(2);
    chain.mine([]);
    await tower.turn();
    expect(tower.appointments.count(wallet)).toBe(1);
    expect(tower.appointments.find(Buffer.from(kept.locator, "hex"))).toHaveLength(1);
  });
});

test("a block is searched through the index of locators, whatever the number of appointments", () => {
  open();
  const plan = database
    .use(`EXPLAIN QUERY PLAN SELECT "id", "blob" FROM appointments WHERE "locator" = ?`)
    .all("00");
  expect(plan.map((row) => String(row["detail"]))).toEqual([
    "SEARCH appointments USING INDEX appointments_by_locator (locator=?)",
  ]);
});
