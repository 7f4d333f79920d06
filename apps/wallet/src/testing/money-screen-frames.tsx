import { err, ok } from "@satsconnect/money";
import type { WalletSnapshot } from "@satsconnect/wallet/client";
import type { MoneySettings } from "../money/use-money.ts";
import { BuyScreen } from "../screens/buy-screen.tsx";
import { HistoryScreen } from "../screens/history-screen.tsx";
import { HomeScreen } from "../screens/home/home-screen.tsx";
import { OrderScreen } from "../screens/order-screen.tsx";
import { ReceiptScreen } from "../screens/receipt/receipt-screen.tsx";
import { ReceiveScreen } from "../screens/receive/receive-screen.tsx";
import { ScanScreen } from "../screens/scan/scan-screen.tsx";
import { SellScreen } from "../screens/sell/sell-screen.tsx";
import { SendScreen } from "../screens/send/send-screen.tsx";
import {
  fixtureHistory,
  fixtureCode,
  fixtureEmail,
  fixtureInvoice,
  fixtureItem,
  fixtureNow,
  fixtureOrder,
  fixturePayment,
  fixtureQuote,
  fixtureSnapshot,
  movingBuy,
} from "./fixture-wallet.ts";
import type { FixtureOptions } from "./fixture-wallet.ts";
import { amountSteps } from "./frame.ts";
import type { Frame, Step } from "./frame.ts";

const minute = 60_000;
const buyTimes = [
  { state: "stk_requested", at: fixtureNow - 2 * minute },
  { state: "kes_received", at: fixtureNow },
  { state: "paying", at: fixtureNow + minute },
] as const;
const sellTimes = [
  { state: "invoice_open", at: fixtureNow - 2 * minute },
  { state: "held", at: fixtureNow - 2 * minute },
  { state: "payout_requested", at: fixtureNow - 2 * minute },
] as const;
const long =
  "Duka la Jumla na Rejareja la Familia ya Wanjiku na Wanawe, Barabara ya Oginga Odinga, Kisumu";

/** Texts written by people, which may be longer than their space. */
export const freeTexts: readonly string[] = [
  fixtureEmail,
  long,
  ...fixtureHistory.flatMap(({ description }) => description ?? []),
];

function home(snapshot: Partial<WalletSnapshot>, settings: Partial<MoneySettings> = {}): Frame {
  return { screen: () => <HomeScreen />, wallet: { snapshot }, settings };
}

function order(
  change: Parameters<typeof fixtureOrder>[0],
  events: FixtureOptions["events"] = buyTimes,
  snapshot: Partial<WalletSnapshot> = {},
): Frame {
  const shown = fixtureOrder(change);
  // The wallet's payment for a finished sell has been returned.
  const back = fixturePayment({ state: "ended", nodeState: "failed", finishedAt: fixtureNow });
  return {
    screen: () => <OrderScreen orderId="fixture" />,
    wallet: {
      order: shown,
      events,
      snapshot,
      ...(shown.kind === "sell" && shown.final ? { answers: { payment: () => ok(back) } } : {}),
    },
  };
}

/** The balance after receiving this much, or sending it when negative. */
function balanceWith(msat: bigint): Partial<WalletSnapshot> {
  const balance = fixtureSnapshot().balance ?? noMoney;
  const add = (to: string): string => (BigInt(to) + msat).toString();
  return {
    balance: {
      ...balance,
      spendableMsat: add(balance.spendableMsat),
      totalMsat: add(balance.totalMsat),
    },
  };
}

const ended = { final: true, deadlineAt: null } as const;
const noMoney = {
  spendableMsat: "0",
  totalMsat: "0",
  receivableMsat: "0",
  onChainSat: "0",
  pendingMsat: "0",
  at: fixtureNow,
};

const buyQuote: readonly Step[] = [
  ...amountSteps("buy.amount", "2000"),
  { press: "buy.amount.continue" },
  { seen: "buy.quote" },
];
const sellNumber: readonly Step[] = [
  ...amountSteps("sell.amount", "3000"),
  { press: "sell.amount.continue" },
  { seen: "sell.number" },
];
const sellName: readonly Step[] = [
  ...sellNumber,
  { press: "sell.number.continue" },
  { seen: "sell.name" },
];
const sellQuote: readonly Step[] = [
  ...sellName,
  { press: "sell.name.yes" },
  { seen: "sell.quote" },
];
const receiveCode: readonly Step[] = [
  ...amountSteps("receive.amount", "350"),
  { press: "receive.amount.continue" },
  { seen: "receive.code" },
];

/** The states of the money screens, by name. */
export const moneyScreenFrames: Readonly<Record<string, Frame>> = {
  home: home({ moving: [movingBuy] }),
  "home-quiet": home({}),
  "home-empty": home({ balance: noMoney, recent: [] }, { wordsDue: false }),
  "home-nothing-restored": home(
    { balance: noMoney, recent: [], nothingRestored: true },
    { wordsDue: false },
  ),
  "home-words": home({}, { wordsDue: true }),
  "home-hidden": home({}, { hideAmounts: true }),
  "home-sats": home({}, { currencyFirst: "sats" }),
  "home-no-price": home({ rate: null }),
  "home-starting": home({ phase: "starting", balance: null, recent: [], nodeId: null }),
  "home-restoring": home({ phase: "restoring", balance: null, recent: [] }),
  "home-offline": home({
    connection: { api: "offline", node: "offline", since: fixtureNow - 12 * minute },
    balance: { ...noMoney, totalMsat: "145039000", at: fixtureNow - 13 * minute },
  }),
  "home-backup": home({
    backup: { state: "unreachable", since: fixtureNow - 8 * minute, withoutBackupUntil: null },
  }),
  "home-replaced": home({ phase: "replaced", failure: { code: "other_device", message: "" } }),
  "home-failed": home({ phase: "failed", failure: { code: "backup_damaged", message: "" } }),
  "home-connecting": home({
    connection: { api: "online", node: "connecting", since: fixtureNow - minute },
  }),
  "home-node-offline": home({
    connection: { api: "online", node: "offline", since: fixtureNow - 3 * minute },
  }),
  "home-paused": home({ operator: { paused: true } }),
  "home-on-chain": home({
    balance: { ...noMoney, totalMsat: "145039000", spendableMsat: "100000", onChainSat: "52000" },
  }),
  "home-unconfirmed": home({
    olderState: {
      stage: "unconfirmed",
      side: "own",
      at: fixtureNow - 20_000,
      untilAt: null,
      amountSat: null,
    },
  }),
  "home-older-state": home({
    olderState: {
      stage: "asked",
      side: "own",
      at: fixtureNow - 9 * minute,
      untilAt: fixtureNow + 51 * minute,
      amountSat: null,
    },
  }),
  "home-backup-off": home({
    backup: { state: "off", since: fixtureNow, withoutBackupUntil: null },
  }),
  "home-tower-lagging": home({
    watchtower: { state: "lagging", since: fixtureNow - 45 * minute },
  }),
  "home-goes-on": home({
    backup: {
      state: "unreachable",
      since: fixtureNow - 8 * minute,
      withoutBackupUntil: fixtureNow + 52 * minute,
    },
  }),
  "home-late": home({
    moving: [{ ...movingBuy, orderState: "stk_unknown" }],
    balance: {
      ...noMoney,
      totalMsat: "9845039000",
      spendableMsat: "9840000000",
      pendingMsat: "1000000000",
    },
  }),
  "home-three": home({
    moving: [
      movingBuy,
      { ...movingBuy, id: "m2", kind: "sell", orderState: "held" },
      fixtureItem({ id: "m3", state: "moving", description: "Mama Njeri" }),
    ],
  }),
  "buy-number": { screen: () => <BuyScreen />, settings: { msisdn: null } },
  "buy-amount": { screen: () => <BuyScreen /> },
  "buy-typed": { screen: () => <BuyScreen />, steps: amountSteps("buy.amount", "2000") },
  "buy-quote": { screen: () => <BuyScreen />, steps: buyQuote },
  "buy-quote-loading": {
    screen: () => <BuyScreen />,
    wallet: { pending: ["quote"] },
    steps: buyQuote.slice(0, -1),
  },
  "buy-quote-ended": {
    screen: () => <BuyScreen />,
    wallet: {
      answers: {
        quote: () => ok(fixtureQuote({ expiresAt: new Date(fixtureNow).toISOString() })),
      },
    },
    steps: buyQuote,
  },
  "buy-too-much": {
    screen: () => <BuyScreen />,
    steps: [...amountSteps("buy.amount", "999999")],
  },
  "buy-refused": {
    screen: () => <BuyScreen />,
    wallet: { answers: { quote: () => err("mpesa_unavailable", "", "safe") } },
    steps: buyQuote.slice(0, -1),
  },
  "buy-pin": order({}),
  "order-loading": {
    screen: () => <OrderScreen orderId="fixture" />,
    wallet: { pending: ["order"] },
  },
  "order-unreachable": {
    screen: () => <OrderScreen orderId="fixture" />,
    wallet: { answers: { order: () => err("network_unreachable", "", "unknown") } },
    steps: [{ seen: "order.retry" }],
  },
  "buy-no-prompt": { ...order({}), steps: [{ press: "order.no-prompt" }] },
  "buy-late": order({
    state: "stk_unknown",
    deadlineAt: new Date(fixtureNow + 30 * minute).toISOString(),
  }),
  "buy-moving": order({
    state: "paying",
    mpesaReceipt: "SKL4H7T2QZ",
    deadlineAt: new Date(fixtureNow + 23 * 60 * minute).toISOString(),
  }),
  "buy-needs-you": order({ state: "invoice_needed", actions: ["fresh_invoice", "cancel"] }),
  "buy-price-moved": order({
    state: "invoice_needed",
    reason: "price_changed",
    actions: ["fresh_invoice", "new_price", "cancel"],
    offer: {
      amountMsat: "15012000",
      rateKesPerBtc: "13180000.00",
      fees: [],
      expiresAt: new Date(fixtureNow + 2 * minute).toISOString(),
      coversPromise: false,
    },
  }),
  "buy-done": order(
    { ...ended, state: "paid", mpesaReceipt: "SKL4H7T2QZ" },
    buyTimes,
    balanceWith(15_575_000n),
  ),
  "buy-declined": order({ ...ended, state: "cancelled", reason: "mpesa_1032" }, []),
  "buy-short": order({ ...ended, state: "cancelled", reason: "mpesa_1" }, []),
  "buy-expired": order({ ...ended, state: "expired", reason: "prompt_not_answered" }, []),
  "buy-refunding": order({ state: "refunding", reason: "no_invoice_in_time" }),
  "buy-refunded": order({ ...ended, state: "refunded", reason: "no_invoice_in_time" }),
  "buy-case": order({ state: "case", reason: "amount_mismatch" }),
  "sell-amount": { screen: () => <SellScreen /> },
  "sell-number": { screen: () => <SellScreen />, steps: sellNumber },
  "sell-name": { screen: () => <SellScreen />, steps: sellName },
  "sell-quote": { screen: () => <SellScreen />, steps: sellQuote },
  "sell-held": order({ kind: "sell", state: "held" }, sellTimes),
  "sell-moving": order({ kind: "sell", state: "payout_requested" }, sellTimes),
  "sell-done": order(
    { ...ended, kind: "sell", state: "claimed", mpesaReceipt: "SKK9W2M6BX" },
    sellTimes,
    balanceWith(-24_094_000n),
  ),
  "sell-failed": order({ ...ended, kind: "sell", state: "cancelled", reason: "mpesa_8" }, [
    ...sellTimes,
    { state: "returning", at: fixtureNow - minute },
    { state: "cancelled", at: fixtureNow },
  ]),
  "sell-not-back": {
    screen: () => <OrderScreen orderId="fixture" />,
    wallet: {
      order: fixtureOrder({ ...ended, kind: "sell", state: "cancelled", reason: "mpesa_8" }),
      events: sellTimes,
      answers: { payment: () => ok(fixturePayment()) },
    },
  },
  "sell-owed": order(
    { kind: "sell", state: "owed", reason: "payout_not_proven_in_time" },
    sellTimes,
  ),
  "sell-expired": order({ ...ended, kind: "sell", state: "expired", reason: "not_paid" }, []),
  send: { screen: () => <SendScreen /> },
  "send-confirm": { screen: () => <SendScreen text="fixture" /> },
  "send-long": {
    screen: () => <SendScreen text="fixture" />,
    wallet: {
      answers: {
        decode: () =>
          ok({
            invoice: fixtureInvoice({ description: long }),
            address: null,
            amountMsat: null,
            label: null,
            message: null,
          }),
      },
    },
  },
  "send-amount": {
    screen: () => <SendScreen text="fixture" />,
    wallet: {
      answers: {
        decode: () =>
          ok({
            invoice: fixtureInvoice({ amountMsat: null }),
            address: null,
            amountMsat: null,
            label: null,
            message: null,
          }),
      },
    },
  },
  "send-amount-typed": {
    screen: () => <SendScreen text="fixture" />,
    wallet: {
      answers: {
        decode: () =>
          ok({
            invoice: fixtureInvoice({ amountMsat: null }),
            address: null,
            amountMsat: null,
            label: null,
            message: null,
          }),
      },
    },
    steps: amountSteps("send.amount", "350"),
  },
  "send-reading": { screen: () => <SendScreen text="fixture" />, wallet: { pending: ["decode"] } },
  "send-typed": {
    screen: () => <SendScreen />,
    steps: [
      { type: `lnbcrt9450n1${"qpzry9x8gf2tvdw0s3jn54khce6mua7l".repeat(7)}`, into: "send.field" },
    ],
  },
  "send-refused": {
    screen: () => <SendScreen text="fixture" />,
    wallet: { answers: { decode: () => err("text_unknown", "", "never") } },
  },
  "send-earlier": {
    screen: () => <SendScreen text="fixture" />,
    wallet: {
      answers: {
        previewSend: () =>
          ok({
            invoice: fixtureInvoice(),
            amountMsat: "945000",
            maxFeeMsat: "10000",
            feeMsat: null,
            totalMsat: "955000",
            spendableMsat: "144039000",
            earlier: fixturePayment({ state: "done", nodeState: "succeeded" }),
          }),
      },
    },
  },
  "send-offline": {
    screen: () => <SendScreen text="fixture" />,
    wallet: { answers: { send: () => err("operator_offline", "", "safe") } },
    steps: [
      { seen: "send.confirm" },
      { press: "send.hold" },
      { press: "send.hold" },
      { seen: "send.later" },
    ],
  },
  ...Object.fromEntries(
    (
      [
        ["send-moving", fixturePayment({})],
        [
          "send-waiting",
          fixturePayment({ nodeState: "queued", expiresAt: fixtureNow + 14 * minute }),
        ],
        ["send-unknown", fixturePayment({ createdAt: fixtureNow - 5 * minute })],
        [
          "send-failed",
          fixturePayment({
            state: "ended",
            nodeState: "failed",
            failure: "noRoute",
            finishedAt: fixtureNow,
          }),
        ],
      ] as const
    ).map(([name, payment]): [string, Frame] => [
      name,
      {
        screen: () => <ReceiptScreen id="fixture" />,
        wallet: {
          answers: {
            entry: () =>
              ok({
                item: fixtureItem({
                  id: "fixture",
                  state: payment.state,
                  description: "Chapati 2 na chai",
                }),
                order: null,
                payment,
                invoice: null,
                preimage: null,
              }),
          },
        },
      },
    ]),
  ),
  receive: { screen: () => <ReceiveScreen /> },
  "receive-note": {
    screen: () => <ReceiveScreen />,
    steps: [
      { press: "receive.amount.note" },
      { type: "Chapati 2 na chai", into: "receive.note.field" },
    ],
  },
  "receive-code": { screen: () => <ReceiveScreen />, steps: receiveCode },
  "receive-code-any": {
    screen: () => <ReceiveScreen />,
    steps: [{ press: "receive.amount.continue" }, { seen: "receive.code" }],
  },
  "receive-code-opens": {
    screen: () => <ReceiveScreen />,
    wallet: {
      answers: {
        receive: ({ amountMsat }) => ok(fixtureCode({ amountMsat, openingFeeMsat: "250000" })),
      },
    },
    steps: receiveCode,
  },
  "receive-code-on-chain": {
    screen: () => <ReceiveScreen />,
    wallet: {
      answers: {
        receive: ({ amountMsat }) => {
          const code = fixtureCode({ amountMsat });
          const address = "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6";
          return ok({ ...code, uri: `bitcoin:${address}?lightning=${code.invoice}` });
        },
      },
    },
    steps: [...receiveCode, { press: "receive.with-address" }],
  },
  "send-several": {
    screen: () => <SendScreen text="fixture" />,
    wallet: { answers: { decode: () => err("text_ambiguous", "", "never") } },
    steps: [{ seen: "send.refused" }],
  },
  "receive-ended": {
    screen: () => <ReceiveScreen />,
    wallet: {
      answers: {
        receive: ({ amountMsat }) => ok(fixtureCode({ amountMsat, expiresAt: fixtureNow })),
      },
    },
    steps: [...amountSteps("receive.amount", "350"), { press: "receive.amount.continue" }],
  },
  "receive-first": {
    screen: () => <ReceiveScreen />,
    wallet: {
      answers: {
        receiveTerms: () =>
          ok({
            receivableMsat: "0",
            minMsat: "10000000",
            maxMsat: "1000000000",
            minOpeningFeeMsat: "2500000",
            openingFeePartsPerMillion: 5_000,
          }),
      },
    },
  },
  scan: {
    screen: () => <ScanScreen />,
    camera: "shows",
    steps: [{ seen: "scan.camera.seeing" }],
  },
  "scan-refused": { screen: () => <ScanScreen />, camera: "refused" },
  "scan-none": { screen: () => <ScanScreen />, camera: "none" },
  history: { screen: () => <HistoryScreen />, wallet: { snapshot: { moving: [movingBuy] } } },
  "history-search": {
    screen: () => <HistoryScreen />,
    steps: [{ press: "history.search" }, { type: "mama", into: "history.search.field" }],
  },
  "history-nothing-found": {
    screen: () => <HistoryScreen />,
    steps: [{ press: "history.search" }, { type: "zzz", into: "history.search.field" }],
  },
  "history-loading": { screen: () => <HistoryScreen />, wallet: { pending: ["history"] } },
  "history-empty": {
    screen: () => <HistoryScreen />,
    wallet: {
      snapshot: { recent: [] },
      answers: { history: () => ok({ items: [], complete: true, nextBefore: null }) },
    },
  },
  "history-offline": {
    screen: () => <HistoryScreen />,
    wallet: {
      answers: { history: () => ok({ items: fixtureHistory, complete: false, nextBefore: 1 }) },
    },
  },
  "receipt-loading": {
    screen: () => <ReceiptScreen id="njeri" />,
    wallet: { pending: ["entry"] },
  },
  "receipt-proof": {
    screen: () => <ReceiptScreen id="njeri" />,
    steps: [{ press: "receipt.preimage.show" }],
  },
  "receipt-share": {
    screen: () => <ReceiptScreen id="njeri" />,
    steps: [{ press: "receipt.share" }, { seen: "receipt.share.text" }],
  },
  "receipt-send": { screen: () => <ReceiptScreen id="njeri" /> },
  "receipt-receive": { screen: () => <ReceiptScreen id="jane" /> },
};
