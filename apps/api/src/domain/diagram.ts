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

## Buy: M-Pesa to bitcoin

${diagram("buy", "stk_requested")}

${table("buy")}

## Sell: bitcoin to M-Pesa

${diagram("sell", "invoice_open")}

${table("sell")}

## Facts that change nothing

Every state answers every fact: by a transition above, by a rule that keeps the state, or, once the order has ended, by a
check of the evidence. The others change nothing, for the reason given here; a test finds a pair without one.

${unansweredTable()}
`;
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
