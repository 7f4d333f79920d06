import type { LightningNode, Payment } from "@satsconnect/lightning";
import { msat, sat, satToMsat } from "@satsconnect/money";
import { z } from "zod";
import { withBody } from "../control/routes.ts";
import { json, problem } from "../web/responses.ts";
import type { Reply } from "../web/responses.ts";
import type { Router } from "../web/router.ts";

const digits = z.string().regex(/^[1-9]\d{0,14}$/, { error: "must be a whole number as a string" });
const invoiceBody = z.strictObject({
  amountSat: digits,
  description: z.string().trim().min(1).max(100),
});
const payBody = z.strictObject({
  invoice: z.string().min(20).max(4_000),
  maxFeeMsat: digits.default("50000"),
});

/** An invoice lives as long as a customer may stand at the counter. */
const expirySeconds = 1_800;

/** The shop's API, for programs: invoices of its node, payments from it, what it has. */
export function merchantApi(router: Router, node: LightningNode): void {
  router.get("/health", () =>
    json({ status: node.status === "running" ? "ok" : node.status, synced: node.tip().synced }),
  );

  router.get("/api/node", async () => {
    const [balances, channels] = await Promise.all([node.balances(), node.channels()]);
    return json({
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
  });

  router.post("/api/invoices", (request) =>
    withBodyAsync(request, invoiceBody, async ({ amountSat, description }) => {
      const made = await sellFor(node, BigInt(amountSat), description);
      return made.ok ? json(made.value, 201) : problem(503, made.error.code, made.error.message);
    }),
  );
  router.get("/api/invoices/:hash", async ({ params }) =>
    found(await node.payment(params["hash"] ?? "", "inbound")),
  );

  router.post("/api/payments", (request) =>
    withBodyAsync(request, payBody, async ({ invoice, maxFeeMsat }) => {
      const begun = await node.pay({ invoice, maxFeeMsat: msat(BigInt(maxFeeMsat)) });
      if (!begun.ok) return problem(422, begun.error.code, begun.error.message);
      return json(shown(begun.value), 202);
    }),
  );
  router.get("/api/payments/:hash", async ({ params }) =>
    found(await node.payment(params["hash"] ?? "", "outbound")),
  );
}

/** Makes an invoice of the shop's node. */
export async function sellFor(node: LightningNode, amountSat: bigint, description: string) {
  const made = await node.createInvoice({
    amountMsat: satToMsat(sat(amountSat)),
    description,
    expirySeconds,
  });
  if (!made.ok) return made;
  const { request, paymentHash, expiresAt } = made.value;
  if (request === null) throw new Error("An invoice of ours has no text");
  return { ok: true as const, value: { invoice: request, paymentHash, expiresAt } };
}

function shown(payment: Payment) {
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

function found(payment: Payment | undefined): Reply {
  return payment === undefined
    ? problem(404, "not_found", "The shop knows no such payment.")
    : json(shown(payment));
}

/** As `withBody`, for what takes time. */
async function withBodyAsync<Schema extends z.ZodType>(
  request: Parameters<typeof withBody>[0],
  schema: Schema,
  use: (body: z.output<Schema>) => Promise<Reply>,
): Promise<Reply> {
  let answer: Promise<Reply> | undefined;
  const refused = withBody(request, schema, (body) => {
    answer = use(body);
    return json(null);
  });
  return answer ?? refused;
}
