import type { LightningNode, Payment } from "@satsconnect/lightning";
import { msat, sat, satToMsat } from "@satsconnect/money";
import type { Express, Response } from "express";
import { z } from "zod";
import { route } from "../web/app.ts";
import { pathParameter, withJsonBody } from "../web/requests.ts";
import { sendJson, sendProblem } from "../web/responses.ts";

const digits = z.string().regex(/^[1-9]\d{0,14}$/, { error: "must be a whole number as a string" });
const invoiceBody = z.strictObject({
  amountSat: digits,
  description: z.string().trim().min(1).max(100),
});
const payBody = z.strictObject({
  invoice: z.string().min(20).max(4_000),
  maxFeeMsat: digits.default("50000"),
});

const expirySeconds = 1_800;

/** The shop's API for programs: invoices, payments and balances of its node. */
export function merchantApi(app: Express, node: LightningNode): void {
  route(app, "/health", {
    get: (_request, response) =>
      sendJson(response, {
        status: node.status === "running" ? "ok" : node.status,
        synced: node.tip().synced,
      }),
  });
  route(app, "/api/node", {
    get: async (_request, response) => {
      const [balances, channels] = await Promise.all([node.balances(), node.channels()]);
      sendJson(response, {
        nodeId: node.nodeId,
        core: node.core.kind,
        tipHeight: node.tip().height,
        synced: node.tip().synced,
        channelsMsat: balances.channelsMsat,
        sendableMsat: balances.sendableMsat,
        receivableMsat: balances.receivableMsat,
        onChainSat: balances.onChain.confirmedSat,
        channels: channels.map(({ channelId, capacitySat, usable, announced }) => ({
          channelId,
          capacitySat,
          usable,
          announced,
        })),
      });
    },
  });
  route(app, "/api/invoices", {
    post: withJsonBody(invoiceBody, async ({ amountSat, description }, _request, response) => {
      const created = await createShopInvoice(node, BigInt(amountSat), description);
      if (created.ok) sendJson(response, created.value, 201);
      else sendProblem(response, 503, created.error.code, created.error.message);
    }),
  });
  route(app, "/api/invoices/:hash", {
    get: async (request, response) =>
      sendPayment(response, await node.payment(pathParameter(request, "hash"), "inbound")),
  });
  route(app, "/api/payments", {
    post: withJsonBody(payBody, async ({ invoice, maxFeeMsat }, _request, response) => {
      const started = await node.pay({ invoice, maxFeeMsat: msat(BigInt(maxFeeMsat)) });
      if (started.ok) sendJson(response, paymentView(started.value), 202);
      else sendProblem(response, 422, started.error.code, started.error.message);
    }),
  });
  route(app, "/api/payments/:hash", {
    get: async (request, response) =>
      sendPayment(response, await node.payment(pathParameter(request, "hash"), "outbound")),
  });
}

/** Creates an invoice of the shop's node, valid for half an hour. */
export async function createShopInvoice(
  node: LightningNode,
  amountSat: bigint,
  description: string,
) {
  const created = await node.createInvoice({
    amountMsat: satToMsat(sat(amountSat)),
    description,
    expirySeconds,
  });
  if (!created.ok) return created;
  const { request, paymentHash, expiresAt } = created.value;
  if (request === null) throw new Error("The new invoice has no text");
  return { ok: true as const, value: { invoice: request, paymentHash, expiresAt } };
}

function sendPayment(response: Response, payment: Payment | undefined): void {
  if (payment === undefined) {
    sendProblem(response, 404, "not_found", "The shop has no such payment.");
  } else {
    sendJson(response, paymentView(payment));
  }
}

function paymentView(payment: Payment) {
  const common = {
    direction: payment.direction,
    paymentHash: payment.paymentHash,
    state: payment.state,
    description: payment.description,
  };
  return payment.direction === "inbound"
    ? { ...common, amountMsat: payment.amountMsat, receivedMsat: payment.receivedMsat }
    : {
        ...common,
        amountMsat: payment.amountMsat,
        feeMsat: payment.feeMsat,
        failure: payment.failure,
      };
}
