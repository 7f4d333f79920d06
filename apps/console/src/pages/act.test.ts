import { actChallenge, canonicalJson } from "@satsconnect/contracts/admin";
import type { RecordedAct } from "@satsconnect/contracts/admin";
import { describe, expect, test } from "vitest";
import { signsWhatIsShown } from "./act.ts";

type Text = string | readonly Text[] | { readonly [key: string]: Text };

const shown = {
  id: "019ab0d5-7d3c-7cc2-9d31-000000000301",
  subject: {
    kind: "order",
    orderId: "019ab0d5-7d3c-7cc2-9d31-000000000001",
    orderKind: "buy",
    orderVersion: "7",
  },
  act: { type: "refund", amountKesCents: "700000", way: "reversal" },
  amountKesCents: "700000",
  postings: [
    {
      kind: "refund_reversed:2",
      entries: [
        { account: "kes_suspense", currency: "KES", amount: "700000" },
        { account: "mpesa_collections", currency: "KES", amount: "-700000" },
      ],
    },
  ],
  reason: "Paid twice.",
} as const;

function signed(change: Readonly<Record<string, Text>> = {}): string {
  const { id, ...rest } = shown;
  return canonicalJson({ actId: id, ...rest, ...change });
}

/** The act as the server shows it, with the text that it says will be signed. */
function recorded(canonical: string): RecordedAct {
  return { ...shown, canonical } as unknown as RecordedAct;
}

describe("the text that a passkey signs", () => {
  test("is the act that is shown", () => {
    const canonical = signed();
    expect(signsWhatIsShown(recorded(canonical), canonical, actChallenge(canonical))).toBe(true);
  });

  test.each([
    ["another amount", { amountKesCents: "70000000" }],
    ["another act", { act: { ...shown.act, way: "payout" } }],
    ["another order", { subject: { ...shown.subject, orderId: "another" } }],
    ["other postings", { postings: [] }],
    ["another reason", { reason: "Paid once." }],
    ["another id", { actId: "another" }],
  ])("is refused with %s", (_what, change) => {
    const canonical = signed(change);
    expect(signsWhatIsShown(recorded(canonical), canonical, actChallenge(canonical))).toBe(false);
  });

  test("is refused when the challenge is not its hash, or the texts differ", () => {
    const canonical = signed();
    const other = signed({ reason: "Paid once." });
    expect(signsWhatIsShown(recorded(canonical), canonical, actChallenge(other))).toBe(false);
    expect(signsWhatIsShown(recorded(canonical), other, actChallenge(other))).toBe(false);
    expect(signsWhatIsShown(recorded("{"), "{", actChallenge("{"))).toBe(false);
    expect(signsWhatIsShown(recorded("null"), "null", actChallenge("null"))).toBe(false);
  });
});
