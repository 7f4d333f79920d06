import { z } from "zod";
import { waitFor } from "../support/processes.ts";

const cents = z
  .string()
  .regex(/^-?\d+$/u)
  .transform(BigInt);
const customer = z.object({
  msisdn: z.string(),
  name: z.string(),
  pin: z.string(),
  balanceCents: cents,
});
const prompt = z.object({
  prompt: z.object({ checkoutRequestId: z.string(), text: z.string() }).nullable(),
});
const promptResult = z.object({
  resultCode: z.string().nullable(),
  receipt: z.string().nullable(),
});
const message = z.object({
  id: z.number(),
  receipt: z.string().nullable(),
  body: z.string(),
  at: z.number(),
});
const accounts = z.object({
  accounts: z.array(z.object({ id: z.string(), balanceCents: cents })),
  findings: z.array(z.unknown()),
});
const payouts = z.object({
  payouts: z.array(
    z.looseObject({
      originatorConversationId: z.string(),
      conversationId: z.string(),
      recipient: z.string(),
      state: z.string(),
      resultCode: z.string().nullable(),
      receipt: z.string().nullable(),
      createdAt: z.number(),
    }),
  ),
});

const deliveries = z.object({
  deliveries: z.array(
    z.object({ kind: z.string(), subject: z.string(), sentAt: z.number().nullable() }),
  ),
});

export type Customer = z.infer<typeof customer>;
export type Message = z.infer<typeof message>;

/** The simulated M-Pesa through its control API: a customer's actions on the phone, and faults. */
export type Mpesa = ReturnType<typeof openMpesa>;

export function openMpesa(simulatorUrl: string) {
  const call = async <Schema extends z.ZodType>(
    method: string,
    path: string,
    schema: Schema,
    body?: unknown,
  ): Promise<z.output<Schema>> => {
    const response = await fetch(`${simulatorUrl}/control${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    if (!response.ok)
      throw new Error(`${method} ${path}: ${String(response.status)} ${await response.text()}`);
    return schema.parse(await response.json());
  };
  const openPrompt = async (msisdn: string) =>
    (await call("GET", `/customers/${msisdn}/prompt`, prompt)).prompt;
  const messages = async (msisdn: string): Promise<readonly Message[]> =>
    (await call("GET", `/customers/${msisdn}/messages`, z.object({ messages: z.array(message) })))
      .messages;

  return {
    customer: (msisdn: string) => call("GET", `/customers/${msisdn}`, customer),
    async customers(): Promise<readonly Customer[]> {
      const schema = z.object({ customers: z.array(customer) });
      return (await call("GET", "/customers", schema)).customers;
    },
    addCustomer: (msisdn: string, name: string, balanceCents: bigint) =>
      call("POST", "/customers", customer, { msisdn, name, balanceCents: String(balanceCents) }),
    deposit: (msisdn: string, amountCents: bigint) =>
      call("POST", `/customers/${msisdn}/deposits`, customer, { amountCents: String(amountCents) }),
    /**
     * Waits for the STK prompt and enters the correct PIN. Resolves with the prompt's text and M-Pesa's receipt
     * number.
     */
    async payPrompt(msisdn: string, timeoutMs = 30_000) {
      const { pin } = await call("GET", `/customers/${msisdn}`, customer);
      let open: { readonly checkoutRequestId: string; readonly text: string } | null = null;
      await waitFor(
        `the prompt on ${msisdn}`,
        async () => {
          open = await openPrompt(msisdn);
          return open !== null;
        },
        timeoutMs,
      );
      const found = open as unknown as { checkoutRequestId: string; text: string };
      const path = `/customers/${msisdn}/prompt/${found.checkoutRequestId}`;
      const paid = await call("POST", path, promptResult, { type: "pin", pin });
      return { text: found.text, ...paid };
    },
    async cancelPrompt(msisdn: string): Promise<void> {
      await waitFor(`the prompt on ${msisdn}`, async () => (await openPrompt(msisdn)) !== null);
      const open = await openPrompt(msisdn);
      if (open === null) throw new Error("The STK prompt is no longer open");
      await call("POST", `/customers/${msisdn}/prompt/${open.checkoutRequestId}`, promptResult, {
        type: "cancel",
      });
    },
    openPrompt,
    messages,
    /** Waits for an SMS newer than `after` that contains `contains`. */
    async message(msisdn: string, after: number, contains: string): Promise<Message> {
      let found: Message | undefined;
      await waitFor(`the message on ${msisdn}`, async () => {
        found = (await messages(msisdn)).find(
          (one) => one.id > after && one.body.includes(contains),
        );
        return found !== undefined;
      });
      return found as Message;
    },
    /** Enables a fault for the next `times` requests; without `times`, until it is disabled. */
    fault: (fault: {
      readonly api: string;
      readonly kind: string;
      readonly parameters?: Readonly<Record<string, string | number>>;
      readonly msisdn?: string;
      readonly times?: number;
    }) => call("POST", "/faults", z.object({ id: z.number() }), fault),
    clearFaults: () => call("DELETE", "/faults", z.unknown()),
    settings: (change: Readonly<Record<string, number | boolean>>) =>
      call("PATCH", "/settings", z.unknown(), change),
    accounts: () => call("GET", "/accounts", accounts),
    async deliveries() {
      return (await call("GET", "/deliveries?limit=1000", deliveries)).deliveries;
    },
    async payouts() {
      return (await call("GET", "/payouts?limit=1000", payouts)).payouts;
    },
  };
}
