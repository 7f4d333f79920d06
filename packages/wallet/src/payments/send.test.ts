import { decodeInvoice } from "@satsconnect/lightning";
import type { LightningNode, NetworkName } from "@satsconnect/lightning";
import { loadCore } from "@satsconnect/lightning/nodejs";
import { msat, ok } from "@satsconnect/money";
import { reportedCases } from "@satsconnect/money/reported-cases";
import { expect, test } from "vitest";
import { previewSend } from "./send.ts";

const core = await loadCore({ prefer: "wasm" });
const invoiceOf = (id: string): string => {
  const found = reportedCases("bolt11-odd").find((reported) => reported.id === id);
  if (found === undefined) throw new Error(`No case “${id}”`);
  return (found.input as { readonly invoice: string }).invoice;
};
const decode: LightningNode["decodeInvoice"] = (text) =>
  decodeInvoice((invoice) => core.decode(invoice), text);

/** A node on a network; `as` makes every invoice one of that network. */
function nodeOn(network: NetworkName, as?: NetworkName): LightningNode {
  const node: Pick<LightningNode, "network" | "nodeId" | "decodeInvoice"> = {
    network,
    nodeId: "02".padEnd(66, "0"),
    decodeInvoice: (text) => {
      const decoded = decode(text);
      return decoded.ok ? ok({ ...decoded.value, network: as ?? decoded.value.network }) : decoded;
    },
  };
  return node as LightningNode;
}
const before = 1_796_027_300_000;
const code = (answer: ReturnType<typeof previewSend>) =>
  answer.ok ? "payable" : answer.error.code;

test("an invoice of testnet can be paid on testnet4, which has no prefix of its own in BOLT 11", () => {
  const invoice = invoiceOf("b11-emptydesc");
  expect(code(previewSend(nodeOn("testnet4", "testnet"), invoice, before))).toBe("payable");
  for (const [network, as] of [
    ["testnet", "testnet4"],
    ["testnet4", "signet"],
    ["signet", "testnet"],
    ["bitcoin", "testnet"],
    ["testnet4", "bitcoin"],
  ] as const)
    expect(code(previewSend(nodeOn(network, as), invoice, before))).toBe("invoice_wrong_network");
});

test("asks how much where the invoice has no amount and its link states zero", () => {
  expect(reportedCases("preview").map(({ expected }) => expected)).toEqual(["asks how much"]);
  const invoice = invoiceOf("b11-amountless");
  expect(code(previewSend(nodeOn("regtest"), invoice, before))).toBe("amount_needed");
  expect(code(previewSend(nodeOn("regtest"), invoice, before, msat(0n)))).toBe("amount_needed");
  expect(code(previewSend(nodeOn("regtest"), invoice, before, msat(1n)))).toBe("payable");
});

test("an invoice whose end no date can express can be paid", () => {
  expect(code(previewSend(nodeOn("regtest"), invoiceOf("b11-exp-u64"), before))).toBe("payable");
});
