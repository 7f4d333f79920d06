import { z } from "zod";

const amount = z.string().regex(/^\d+$/u).transform(BigInt);
const node = z.object({
  nodeId: z.string(),
  channelsMsat: amount,
  onChainSat: amount,
  sendableMsat: amount,
});
const invoice = z.object({ invoice: z.string(), paymentHash: z.string() });
const payment = z.object({ state: z.string(), feeMsat: amount.nullish() });

/** The merchant, through the shop's HTTP API. */
export type Merchant = ReturnType<typeof openMerchant>;

export function openMerchant(url: string) {
  const call = async <Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    body?: unknown,
  ): Promise<z.output<Schema>> => {
    const response = await fetch(`${url}/api${path}`, {
      ...(body === undefined
        ? {}
        : {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(body),
          }),
    });
    if (!response.ok)
      throw new Error(
        `The shop's API answered ${String(response.status)} ${await response.text()}`,
      );
    return schema.parse(await response.json());
  };
  return {
    node: () => call("/node", node),
    invoice: (amountSat: bigint, description: string) =>
      call("/invoices", invoice, { amountSat: amountSat.toString(), description }),
    received: (paymentHash: string) => call(`/invoices/${paymentHash}`, payment),
    pay: (text: string) => call("/payments", payment, { invoice: text }),
    paid: (paymentHash: string) => call(`/payments/${paymentHash}`, payment),
  };
}
