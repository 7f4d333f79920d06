import { createHash, randomBytes } from "node:crypto";
import { isFinal } from "@satsconnect/lightning";
import type { NodeEvent, Payment } from "@satsconnect/lightning";
import { msat, valueOf } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LightningBackend } from "./backend.ts";

/** A running backend, and a counterparty that can pay it and be paid by it. */
export type BackendFixture = {
  readonly backend: LightningBackend;
  /** Awaits a promise while the backend's clock advances. */
  readonly run: <Value>(work: Promise<Value>) => Promise<Value>;
  readonly advance: (ms: number) => Promise<void>;
  /** Creates an invoice of the counterparty. */
  readonly foreignInvoice: (amountMsat: Msat, expirySeconds: number) => Promise<string>;
  /** Makes the counterparty start paying an invoice of the backend. */
  readonly payFromOutside: (invoice: string) => Promise<void>;
  readonly end: () => Promise<void>;
};

const amountMsat = msat(5_000_000n);
let keys = 0;
const newKey = (): string => `conformance:${String((keys += 1))}`;

const refused = (code: string) => ({ ok: false, error: { code } });

/** Tests what `LightningBackend` promises and the engine's services rely on. */
export function describeBackend(name: string, open: () => Promise<BackendFixture>): void {
  describe(`a Lightning backend: ${name}`, () => {
    let world: BackendFixture;
    let backend: LightningBackend;
    beforeAll(async () => {
      world = await open();
      backend = world.backend;
    }, 120_000);
    afterAll(() => world?.end());

    const invoice = (over: Partial<Parameters<LightningBackend["newHeldInvoice"]>[0]> = {}) => ({
      idempotencyKey: newKey(),
      amountMsat,
      description: "a sell",
      expirySeconds: 600,
      holdBlocks: 144,
      ...over,
    });
    const make = (request: Parameters<LightningBackend["newHeldInvoice"]>[0]) =>
      world.run(backend.newHeldInvoice(request));
    const payment = async (hash: string): Promise<Payment> => {
      const found = await world.run(backend.payment(hash));
      if (found === undefined) throw new Error("no such payment");
      return found;
    };
    async function until(hash: string, condition: (payment: Payment) => boolean): Promise<Payment> {
      for (let tries = 0; tries < 300; tries++) {
        const found = await payment(hash);
        if (condition(found)) return found;
        await world.advance(100);
      }
      throw new Error(`the payment is still ${(await payment(hash)).state}`);
    }
    async function holdOne(over: Parameters<typeof invoice>[0] = {}) {
      const made = valueOf(await make(invoice(over)));
      await world.payFromOutside(made.request ?? "");
      await until(made.paymentHash, ({ state }) => state === "held");
      return made.paymentHash;
    }
    async function eventsAfter(sequence: number): Promise<readonly NodeEvent[]> {
      const abort = new AbortController();
      const seen: NodeEvent[] = [];
      const reading = (async () => {
        for await (const event of backend.events(sequence, abort.signal)) seen.push(event);
      })();
      await world.advance(1_000);
      abort.abort();
      await world.run(reading);
      return seen;
    }
    const statesOf = (events: readonly NodeEvent[], hash: string): readonly string[] =>
      events.flatMap((event) =>
        event.type === "payment" && event.payment.paymentHash === hash ? [event.payment.state] : [],
      );

    test("creates one invoice per key and reports a conflict for different terms", async () => {
      const request = invoice();
      const first = valueOf(await make(request));
      expect(valueOf(await make(request)).paymentHash).toBe(first.paymentHash);
      expect(await make({ ...request, amountMsat: msat(6_000_000n) })).toMatchObject(
        refused("idempotency_conflict"),
      );
      const decoded = valueOf(backend.decodeInvoice(first.request ?? ""));
      expect(decoded).toMatchObject({
        payee: backend.nodeId,
        network: "regtest",
        amountMsat,
        paymentHash: first.paymentHash,
        minFinalCltvExpiryDelta: 183,
      });
    });

    test("holds a payment for about a day, claims it on request, and keeps it claimed", async () => {
      const hash = await holdOne();
      const held = await payment(hash);
      expect(held).toMatchObject({ state: "held", receivedMsat: amountMsat, hold: true });
      const deadline = held.direction === "inbound" ? (held.claimDeadlineHeight ?? 0) : 0;
      expect(deadline - backend.tip().height).toBeGreaterThan(140);
      expect(["claiming", "claimed"]).toContain(
        valueOf(await world.run(backend.claimHeld(hash))).state,
      );
      await until(hash, ({ state }) => state === "claimed");
      expect(valueOf(await world.run(backend.claimHeld(hash))).state).toBe("claimed");
      expect(await world.run(backend.failHeld(hash))).toMatchObject(refused("payment_not_held"));
    });

    test("fails a held payment back on request; it cannot be claimed any more", async () => {
      const hash = await holdOne();
      expect(["returning", "returned"]).toContain(
        valueOf(await world.run(backend.failHeld(hash))).state,
      );
      await until(hash, ({ state }) => state === "returned");
      expect(valueOf(await world.run(backend.failHeld(hash))).state).toBe("returned");
      expect(await world.run(backend.claimHeld(hash))).toMatchObject(refused("payment_not_held"));
    });

    test("neither claims nor fails an invoice without a payment", async () => {
      const { paymentHash } = valueOf(await make(invoice()));
      expect(await world.run(backend.claimHeld(paymentHash))).toMatchObject(
        refused("payment_not_held"),
      );
      expect(await world.run(backend.failHeld(paymentHash))).toMatchObject(
        refused("payment_not_held"),
      );
      const unknown = randomBytes(32).toString("hex");
      expect(await world.run(backend.claimHeld(unknown))).toMatchObject(
        refused("payment_not_found"),
      );
      expect(await world.run(backend.payment(unknown))).toBeUndefined();
    });

    test("an expired invoice is not held", async () => {
      const made = valueOf(await make(invoice({ expirySeconds: 10 })));
      await world.advance(11_000);
      expect((await payment(made.paymentHash)).state).toBe("expired");
    });

    test("claims a payment for a foreign hash only with its preimage", async () => {
      const preimage = randomBytes(32);
      const paymentHash = createHash("sha256").update(preimage).digest("hex");
      await holdOne({ paymentHash });
      expect(await world.run(backend.claimHeld(paymentHash))).toMatchObject(
        refused("preimage_invalid"),
      );
      const wrong = randomBytes(32).toString("hex");
      expect(await world.run(backend.claimHeld(paymentHash, wrong))).toMatchObject(
        refused("preimage_invalid"),
      );
      valueOf(await world.run(backend.claimHeld(paymentHash, preimage.toString("hex"))));
      await until(paymentHash, ({ state }) => state === "claimed");
    });

    test("pays once per key when repeated, and once per invoice whatever the key", async () => {
      const theirs = await world.foreignInvoice(amountMsat, 600);
      const request = { idempotencyKey: newKey(), invoice: theirs, maxFeeMsat: msat(50_000n) };
      const before = await backend.spentSince(0);
      const [first, second] = await world.run(
        Promise.all([backend.pay(request), backend.pay(request)]),
      );
      const { paymentHash, number } = valueOf(first);
      expect(valueOf(second).number).toBe(number);
      const paid = await until(paymentHash, isFinal);
      expect(paid).toMatchObject({ state: "succeeded", amountMsat });
      expect(valueOf(await world.run(backend.pay(request)))).toMatchObject({
        number,
        state: "succeeded",
      });
      expect((await world.run(backend.paymentByKey(request.idempotencyKey)))?.number).toBe(number);
      expect(await world.run(backend.pay({ ...request, idempotencyKey: newKey() }))).toMatchObject(
        refused("already_paid"),
      );
      const other = await world.foreignInvoice(amountMsat, 600);
      expect(await world.run(backend.pay({ ...request, invoice: other }))).toMatchObject(
        refused("idempotency_conflict"),
      );
      const fee = paid.direction === "outbound" ? (paid.feeMsat ?? 0n) : 0n;
      expect(await world.run(backend.spentSince(0))).toBe(before + amountMsat + fee);
    });

    test("pays neither an expired nor a malformed invoice", async () => {
      const theirs = await world.foreignInvoice(amountMsat, 10);
      await world.advance(11_000);
      const request = { idempotencyKey: newKey(), maxFeeMsat: msat(50_000n) };
      expect(await world.run(backend.pay({ ...request, invoice: theirs }))).toMatchObject(
        refused("invoice_expired"),
      );
      expect(
        await world.run(backend.pay({ ...request, invoice: "lnbcrt1nonsense" })),
      ).toMatchObject(refused("invoice_malformed"));
      expect(await world.run(backend.paymentByKey(request.idempotencyKey))).toBeUndefined();
    });

    test("emits events in order, without gaps, from any sequence on, each state once", async () => {
      const hash = await holdOne();
      valueOf(await world.run(backend.claimHeld(hash)));
      await until(hash, ({ state }) => state === "claimed");
      const all = await eventsAfter(0);
      expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => index + 1));
      expect(statesOf(all, hash)).toEqual(["open", "held", "claiming", "claimed"]);
      const middle = Math.floor(all.length / 2);
      expect(await eventsAfter(middle)).toEqual(all.slice(middle));
    });

    test("estimates a route's fee, or reports that there is none", async () => {
      const theirs = await world.foreignInvoice(amountMsat, 600);
      const route = valueOf(await world.run(backend.estimateRoute(theirs, amountMsat)));
      expect(route?.feeMsat).toBeGreaterThanOrEqual(0n);
      expect(route?.cltvBlocks).toBeGreaterThan(0);
      const tooMuch = msat(2_000_000_000_000n);
      const large = await world.foreignInvoice(tooMuch, 600);
      const none = await world.run(backend.estimateRoute(large, tooMuch));
      expect(valueOf(none)).toBeNull();
    });
  });
}
