import { actTypes } from "./acts/act.ts";
import { actFields, actMeanings } from "./acts/judge.ts";
import { buyTable } from "./buy.ts";
import { finalStates } from "./order.ts";
import type { OrderKind, OrderState } from "./order.ts";
import { sellTable } from "./sell.ts";
import { unansweredFacts } from "./unanswered-facts.ts";

export type Transition = {
  readonly kind: OrderKind;
  readonly from: OrderState;
  readonly to: OrderState;
  readonly on: string;
  readonly why: string;
};

/** Every transition that the two tables allow. */
export function transitions(): readonly Transition[] {
  return [...transitionsOf("buy", buyTable), ...transitionsOf("sell", sellTable)];
}

type AnyTable = Readonly<
  Record<string, Readonly<Record<string, { readonly to: Readonly<Record<string, string>> }>>>
>;

function transitionsOf(kind: OrderKind, table: object): readonly Transition[] {
  return Object.entries(table as AnyTable).flatMap(([from, rules]) =>
    Object.entries(rules).flatMap(([on, rule]) =>
      Object.entries(rule.to)
        .filter(([to]) => to !== from)
        .map(([to, why]) => ({ kind, from: from as OrderState, to: to as OrderState, on, why })),
    ),
  );
}

/** Renders `docs/orders.md`: both state diagrams and a table of all transitions with their reasons. */
export function ordersPage(): string {
  return `# Orders

Generated from the transition tables in \`apps/api/src/domain/\` by
\`node_modules/.bin/node apps/api/src/domain/write-diagram.ts\`; a test compares it with them. Change the tables, then run
the script.

Every arrow is one transaction: the order's next state by compare-and-set, its ledger entries, its event and its next
wake-up. Calls to M-Pesa and to the node are made afterwards, and their answers are the next facts. Final states never
change; evidence that arrives later is checked, and opens a case for manual review if it contradicts the final state.
What happens outside the exchange, before or after its end, is in the order's case file: see the last chapter.

All times are the database's. The claim deadline of a held payment is a block height: a block wakes the orders that it
concerns. A payout is sent only on the node's answer of the last ten seconds, and while it can rely on the chain.

A refusal by M-Pesa or by the node proves that nothing happened only if it answers the first call. After a repeated call
the status is queried, and money moves again only on proof. A Lightning payment that the node has reported is only asked
about from then on: a node that has forgotten it was restored to an older state, and a person decides.

## Buy: M-Pesa to bitcoin

${diagram("buy", "stk_requested")}

${table("buy")}

## Sell: bitcoin to M-Pesa

${diagram("sell", "invoice_open")}

${table("sell")}

## Cases and acts

A case is a note that a person must look at an order, with a code from [errors.md](errors.md#cases). An order has at most
one open case of each code, in any state. In the state \`case\` the order waits for the person; in other states it goes on.

The **case file** (\`domain/case-file.ts\`) is kept beside the order and can change after the order has ended: every
payment that came in, what is set aside in \`kes_suspense\`, the refund that is under way, late deliveries, and what was
proven twice. Its journals are numbered (\`refund_paid:3\`), so each is booked once.

An operator ends cases by **acts** (\`domain/acts/\`). An act is a pure transition with its journals. \`previewAct\` decides
it with the same function as \`act\`, so a preview cannot differ from what is booked. An act that is wrong in the order's
state is refused as \`act_not_possible\`, with a sentence. The operator's client chooses an id for each act; repeating it
changes nothing more, and the table \`order_acts\` keeps every act. Two acts at once: one is stored, the other is judged
again from what is stored then.

${actsTable()}

- **A refund reverses the receipt first.** A reversal is free and takes the money from the shortcode that was paid.
  Daraja's reversal takes no id of ours, but M-Pesa reverses a receipt once and says so, so repeating an unanswered request
  is safe and tells what became of it. That holds for the whole amount only: a part is always paid out. The payout follows
  only when it is proven that the reversal was not made. If M-Pesa says at the first request that somebody else has reversed
  the receipt, nothing is paid out, and a person looks.
- **A payout for a refund reserves float first**, and waits when there is too little. It never takes float that a sell was
  promised.
- **The statement is the last word.** A callback's amount, payer and receipt are claims. \`credit_receipt\` books what only
  the statement shows, or corrects what was booked; refunds then go to whoever the statement names.
- **A payer's own reversal** appears only in the statement. \`payment_reversed\` books it: against what is still here, or as
  what the payer owes (\`reversed_by_payers\`), until it is written off.
- **Acts on an ended order** change its case file and never its state: an expired buy whose payment is found later is
  delivered or refunded, and stays expired.

## The price

A price ends with its quote. A sell's payment that is held later is failed back. The shillings of a buy that are confirmed
in time are exchanged at the quoted price, if at least half a minute of it is left, and the node sends the payment before
the quote's end or not at all. Shillings that are confirmed later, or whose payment failed, are exchanged at the current
price:

- for the promised sats, if these and the channel they need are worth no more than what was paid;
- otherwise for as many as the holder accepts. \`invoice_needed\` then has an offer; an invoice for its amount, before it
  expires, accepts it. Until then the holder may ask for a new one at any time, or be refunded.

The fee of a channel that was opened for a buy is not refunded, nor, if the holder's node held the payment back until long
after the price's end and then refused it, what the price has fallen by. A payment cannot be held back for long: an invoice may ask for
at most 48 blocks (\`packages/money/src/payment-holds.ts\`), and the engine bounds what is in flight to one node.

The float of a sell is reserved in the commit that enters \`held\`. If it is not there, the payment is failed back at once
(\`float_exhausted\`).

## Facts that change nothing

Every state answers every fact: by a transition above, by a rule that keeps the state, or, once the order has ended, by a
check of the evidence. The others change nothing, for the reason given here; a test finds a pair without one.

${unansweredTable()}
`;
}

function actsTable(): string {
  const lines = actTypes.map((type) => {
    const needs = actFields[type].map((field) => `\`${field}\``).join(" ");
    return `| \`${type}\` | ${needs} | ${actMeanings[type]} |`;
  });
  return ["| act | needs | meaning |", "| --- | --- | --- |", ...lines].join("\n");
}

function unansweredTable(): string {
  const rows = new Map<string, { readonly facts: Set<string>; readonly states: Set<string> }>();
  for (const { kind, state, fact, why } of unansweredFacts()) {
    const name = `${kind}: ${why ?? "-"}`;
    const row = rows.get(name) ?? { facts: new Set(), states: new Set() };
    rows.set(name, row);
    row.facts.add(`\`${fact}\``);
    row.states.add(`\`${state}\``);
  }
  const lines = [...rows].map(([name, { facts, states }]) => {
    const [kind = "", ...why] = name.split(": ");
    return `| ${kind} | ${[...facts].join(" ")} | ${[...states].join(" ")} | ${why.join(": ")} |`;
  });
  return ["| order | facts | in | because |", "| --- | --- | --- | --- |", ...lines].join("\n");
}

function diagram(kind: OrderKind, first: OrderState): string {
  const arrows = new Set(
    transitions()
      .filter((transition) => transition.kind === kind)
      .map(({ from, to }) => `    ${from} --> ${to}`),
  );
  const ends = new Set(
    transitions()
      .filter((transition) => transition.kind === kind && finalStates.has(transition.to))
      .map(({ to }) => `    ${to} --> [*]`),
  );
  const lines = [`    [*] --> ${first}: from a quote`, ...arrows, ...ends];
  return `\`\`\`mermaid\nstateDiagram-v2\n${lines.join("\n")}\n\`\`\``;
}

function table(kind: OrderKind): string {
  const rows = new Map<string, { readonly facts: Set<string>; readonly reasons: Set<string> }>();
  for (const { kind: ofKind, from, to, on, why } of transitions()) {
    if (ofKind !== kind) continue;
    const name = `| \`${from}\` | \`${to}\` |`;
    const row = rows.get(name) ?? { facts: new Set(), reasons: new Set() };
    rows.set(name, row);
    row.facts.add(`\`${on}\``);
    if (why !== "") row.reasons.add(why);
  }
  const lines = [...rows].map(
    ([name, { facts, reasons }]) =>
      `${name} ${[...facts].join(" ")} | ${[...reasons].join("; ")} |`,
  );
  return ["| from | to | on | reason |", "| --- | --- | --- | --- |", ...lines].join("\n");
}
