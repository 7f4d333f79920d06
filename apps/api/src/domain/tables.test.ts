import { readFileSync } from "node:fs";
import { orderStates } from "@satsconnect/contracts";
import { describe, expect, test } from "vitest";
import { buyTable } from "./buy.ts";
import { ordersPage, transitions } from "./diagram.ts";
import { exampleTime, rareExamples, refusedExamples } from "./examples.ts";
import type { Example } from "./examples.ts";
import { decide } from "./decide.ts";
import { buyStates, finalStates, sellStates } from "./order.ts";
import { sellTable } from "./sell.ts";
import { unansweredFacts } from "./unanswered-facts.ts";

describe("the transition tables", () => {
  test("match docs/orders.md (regenerate it with apps/api/src/domain/write-diagram.ts)", () => {
    const page = readFileSync(new URL("../../../../docs/orders.md", import.meta.url), "utf8");
    expect(page).toBe(ordersPage());
  });

  test("have the same states as the REST contract", () => {
    expect(new Set([...buyStates, ...sellStates])).toEqual(new Set(orderStates));
  });

  test("have no transition from a final state, and reach a final state from every other one", () => {
    for (const { from } of transitions()) expect(finalStates).not.toContain(from);
    for (const kind of ["buy", "sell"] as const) {
      const states = kind === "buy" ? buyStates : sellStates;
      for (const state of states) {
        if (finalStates.has(state)) continue;
        expect({ kind, state, ends: reachesFinalState(kind, state) }).toEqual({
          kind,
          state,
          ends: true,
        });
      }
    }
  });

  test("handle `woken` in every state that is not final", () => {
    for (const [state, rules] of [...Object.entries(buyTable), ...Object.entries(sellTable)]) {
      const final = (finalStates as ReadonlySet<string>).has(state);
      expect({ state, woken: Object.hasOwn(rules, "woken") }).toEqual({ state, woken: !final });
    }
  });
});

describe("34: every state answers every fact", () => {
  test.each(unansweredFacts().map((pair) => [`${pair.kind} ${pair.state} ${pair.fact}`, pair]))(
    "%s changes nothing, for a stated reason",
    (_name, pair) => {
      expect(pair).toMatchObject({ why: expect.any(String) as unknown });
    },
  );
});

describe("rare transitions", () => {
  test.each(rareExamples.map((example) => [nameOf(example), example] as const))(
    "%s",
    (_name, { from, fact, to, postings }) => {
      const decision = decide(from, fact, exampleTime);
      expect(decision?.next.state).toBe(to);
      expect(decision?.postings.map(({ kind }) => kind)).toEqual(postings);
      // Entering the state `case` always opens a case.
      if (to === "case") expect(decision?.cases).not.toEqual([]);
    },
  );

  test.each(
    refusedExamples.map(
      (example) => [`${example.from.kind} ${example.from.state}`, example] as const,
    ),
  )("%s ignores the fact", (_name, { from, fact }) => {
    expect(decide(from, fact, exampleTime)).toBeNull();
  });
});

function nameOf({ from, to, fact }: Example): string {
  return `${from.kind} ${from.state} → ${to} by ${fact.type}`;
}

function reachesFinalState(kind: "buy" | "sell", start: string): boolean {
  const seen = new Set([start]);
  const open = [start];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if ((finalStates as ReadonlySet<string>).has(state)) return true;
    for (const one of transitions()) {
      if (one.kind !== kind || one.from !== state || seen.has(one.to)) continue;
      seen.add(one.to);
      open.push(one.to);
    }
  }
  return false;
}
