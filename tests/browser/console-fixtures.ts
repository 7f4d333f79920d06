import { canonicalJson } from "@satsconnect/contracts/admin";
import type {
  adminRoutes,
  AdminRouteId,
  AdminSession,
  FoundOrder,
  OrderPage,
  RecordedAct,
} from "@satsconnect/contracts/admin";
import type { RouteResponse } from "@satsconnect/contracts";

/* Answers of the admin API for drawing the operator's page without a server. The contract's schemas check each one. */

export const now = Date.parse("2026-11-30T11:32:00.000Z");
const ago = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();
const ahead = (minutes: number): string => ago(-minutes);
const id = (last: number): string => `019ab0d5-7d3c-7cc2-9d31-${String(last).padStart(12, "0")}`;

const operators = {
  wanjiku: { id: id(901), name: "wanjiku" },
  otieno: { id: id(902), name: "otieno" },
} as const;

const session: AdminSession = {
  operator: operators.wanjiku,
  via: "passkey",
  expiresAt: ahead(480),
  network: "regtest",
  fourEyesKesCents: "1000000",
  time: new Date(now).toISOString(),
};

const lostBuy: FoundOrder = {
  id: id(1),
  kind: "buy",
  state: "case",
  final: false,
  reason: "payer_mismatch",
  amountKesCents: "200000",
  amountMsat: "15575000",
  msisdn: "254712345408",
  recipientName: null,
  mpesaReceipt: "SKL4H7T2QZ",
  walletId: id(701),
  openCases: 1,
  deadlineAt: null,
  createdAt: ago(67),
  updatedAt: ago(61),
};

const overdueSell: FoundOrder = {
  ...lostBuy,
  id: id(2),
  kind: "sell",
  state: "owed",
  reason: "payout_not_proven_in_time",
  amountKesCents: "1250000",
  amountMsat: "98425000",
  recipientName: "JANE WANGARI NJOROGE-KIMANI",
  mpesaReceipt: null,
  deadlineAt: ahead(60 * 24 * 5),
  createdAt: ago(60 * 31),
  updatedAt: ago(60 * 5),
};

const paidBuy: FoundOrder = {
  ...lostBuy,
  id: id(3),
  state: "paid",
  final: true,
  reason: null,
  openCases: 0,
  mpesaReceipt: "SKL9B2C4DE",
  createdAt: ago(60 * 24 * 9),
};

const hash = "0001020304050607080900010203040506070809000102030405060708090102";

const refundPostings = [
  {
    kind: "case_released",
    entries: [
      { account: "kes_suspense", currency: "KES", amount: "200000" },
      { account: "buys_undelivered", currency: "KES", amount: "-200000" },
    ],
  },
] as const;

const deliverPreview = {
  act: { type: "deliver" },
  amountKesCents: "200000",
  nextState: "invoice_needed",
  postings: refundPostings.map((one) => ({ kind: one.kind, entries: [...one.entries] })),
  needsSecondPerson: false,
};

const orderPage: OrderPage = {
  order: lostBuy,
  version: 7,
  nodeId: "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619",
  quoteId: id(801),
  rateKesPerBtc: "12700000.00",
  fees: [
    { code: "spread", amountKesCents: "2000", amountMsat: "157500" },
    { code: "routing", amountKesCents: "200", amountMsat: "15700" },
  ],
  payoutFeeKesCents: "2900",
  deadlineAt: ahead(60 * 23),
  wakeAt: ahead(60 * 23),
  payBy: null,
  prompt: {
    status: "accepted",
    accountReference: "SC4F2A",
    checkoutRequestId: "ws_CO_30112026142512345712345408",
    sends: 1,
    queries: 2,
    lastAnswer: "0",
    callback: { succeeded: true, receipt: "SKL4H7T2QZ" },
    lateUntil: ahead(60 * 47),
    credit: "suspense",
    collectedIn: "mpesa_collections",
  },
  htlc: {
    direction: "outbound",
    paymentHash: hash,
    invoice: `lnbcrt155750n1p5h8m5tpp5${"qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypq".repeat(4)}`,
    invoiceExpiresAt: ago(7),
    amountMsat: "15575000",
    receivedMsat: null,
    claimDeadlineHeight: null,
    tipHeight: 871_204,
    blocksLeft: null,
    deadlineAt: null,
    lastReportAt: null,
    node: null,
    earlierHashes: [],
  },
  payout: {
    status: "intended",
    amountKesCents: "200000",
    msisdn: "254712345408",
    originatorConversationId: id(601),
    conversationIds: [],
    sends: 0,
    perhapsSent: false,
    statusQueries: 0,
    receipt: null,
    failureCode: null,
  },
  caseFile: {
    suspenseKesCents: "200000",
    payments: [
      {
        receipt: "SKL4H7T2QZ",
        checkoutRequestId: "ws_CO_30112026142512345712345408",
        msisdn: "254722000111",
        amountKesCents: "200000",
        reversal: "tried",
      },
    ],
    refund: {
      status: "open",
      amountKesCents: "200000",
      reversal: {
        status: "accepted",
        receipt: "SKL4H7T2QZ",
        reversalReceipt: null,
        conversationIds: ["AG_20261130_2010759fd5662ef6d054"],
        sends: 1,
        perhapsSent: false,
        failureCode: null,
      },
      payout: {
        status: "intended",
        amountKesCents: "200000",
        msisdn: "254722000111",
        originatorConversationId: id(602),
        conversationIds: [],
        sends: 0,
        perhapsSent: false,
        statusQueries: 0,
        receipt: null,
        failureCode: null,
      },
    },
  },
  keys: [
    { kind: "mpesa_receipt", value: "SKL4H7T2QZ" },
    { kind: "checkout_request_id", value: "ws_CO_30112026142512345712345408" },
  ],
  evidence: [
    {
      number: 1,
      kind: "prompt",
      receivedAt: ago(66),
      fromAddress: "196.201.214.200",
      raw: '{"Body":{"stkCallback":{"MerchantRequestID":"29115-34620561-1","CheckoutRequestID":"ws_CO_30112026142512345712345408","ResultCode":0,"ResultDesc":"The service request is processed successfully.","CallbackMetadata":{"Item":[{"Name":"Amount","Value":2000},{"Name":"MpesaReceiptNumber","Value":"SKL4H7T2QZ"},{"Name":"PhoneNumber","Value":254722000111}]}}}}',
      parsed: { succeeded: true, amountKesCents: "200000", receipt: "SKL4H7T2QZ" },
      seen: true,
    },
  ],
  journals: [
    {
      kind: "kes_received_for_case",
      at: ago(66),
      entries: [
        { account: "mpesa_collections", currency: "KES", amount: "200000" },
        { account: "kes_suspense", currency: "KES", amount: "-200000" },
      ],
    },
  ],
  cases: [
    {
      id: id(501),
      orderId: id(1),
      code: "payer_mismatch",
      meaning: "The payment came from another number than the one that was prompted.",
      detail: "Prompted 0712 345 408, paid by 0722 000 111.",
      severity: "error",
      openedAt: ago(61),
      resolvedAt: null,
      ageSeconds: 61 * 60,
    },
  ],
  acts: [
    {
      type: "deliver",
      summary: "Delivers the sats that were bought: the wallet is asked for a new invoice.",
      fields: [
        {
          name: "invoice",
          kind: "invoice",
          required: false,
          proposal: null,
          max: null,
        },
      ],
      preview: deliverPreview,
    },
    {
      type: "refund",
      summary: "Sends the shillings back to the payer.",
      fields: [
        {
          name: "amountKesCents",
          kind: "kes_cents",
          required: true,
          proposal: "200000",
          max: "200000",
        },
        {
          name: "way",
          kind: "choice",
          required: true,
          choices: ["reversal", "payout"],
          proposal: "reversal",
          max: null,
        },
      ],
      preview: {
        ...deliverPreview,
        act: { type: "refund", amountKesCents: "200000", way: "reversal" },
      },
    },
  ],
  actsSoFar: [],
  timeline: [
    { at: ago(67), kind: "opened", title: "stk_requested", detail: null },
    { at: ago(66), kind: "evidence", title: "prompt", detail: null },
    { at: ago(66), kind: "event", title: "stk_unknown", detail: null },
    { at: ago(61), kind: "journal", title: "kes_received_for_case", detail: null },
    { at: ago(61), kind: "case", title: "payer_mismatch", detail: "Paid by another number." },
    { at: ago(61), kind: "event", title: "case", detail: "payer_mismatch" },
  ],
  stored: { id: id(1), state: "case", terms: { amountKesCents: "200000" } },
};

const canonical = canonicalJson({
  actId: id(301),
  subject: { kind: "order", orderId: id(1), orderKind: "buy", orderVersion: 7 },
  act: { type: "refund", amountKesCents: "1250000", way: "reversal" },
  amountKesCents: "1250000",
  postings: deliverPreview.postings,
  reason: "Paid twice; the shop asked for the second payment back.",
});

const waitingAct: RecordedAct = {
  id: id(301),
  type: "refund",
  status: "waiting",
  subject: { kind: "order", orderId: id(1), orderKind: "buy", orderVersion: 7 },
  act: { type: "refund", amountKesCents: "1250000", way: "reversal" },
  amountKesCents: "1250000",
  postings: deliverPreview.postings,
  reason: "Paid twice; the shop asked for the second payment back.",
  canonical,
  needsSecondPerson: true,
  proposedBy: operators.otieno,
  via: "passkey",
  proposedAt: ago(12),
  expiresAt: ahead(60 * 24),
  approvedBy: null,
  approvedAt: null,
  outcome: null,
  endedAt: null,
};

const balances: RouteResponse<typeof adminRoutes.booksState>["balances"] = [
  { account: "mpesa_available", currency: "KES", balance: "204000000" },
  { account: "mpesa_collections", currency: "KES", balance: "1200000" },
  { account: "kes_suspense", currency: "KES", balance: "-200000" },
  { account: "capital_kes", currency: "KES", balance: "-205000000" },
  { account: "treasury", currency: "MSAT", balance: "494999844000" },
  { account: "capital_msat", currency: "MSAT", balance: "-494999844000" },
];

const trialBalance: RouteResponse<typeof adminRoutes.previewDay>["trialBalance"] = balances.map(
  ({ account, currency, balance }) => ({
    account,
    currency: currency === "KES" ? "KES" : "MSAT",
    opening: balance,
    debits: "150000",
    credits: "150000",
    closing: balance,
  }),
);

type Answers = {
  readonly [Id in AdminRouteId]?: RouteResponse<(typeof adminRoutes)[Id]>;
};

export const answers: Answers = {
  whoAmI: session,
  listCases: {
    open: 2,
    oldestOpenedAt: ago(60 * 26),
    cases: [
      {
        case: {
          id: id(502),
          orderId: id(2),
          code: "payout_not_proven_in_time",
          meaning:
            "The HTLC was claimed before M-Pesa's payout was proven; the amount is owed to the customer.",
          detail: "",
          severity: "critical",
          openedAt: ago(60 * 26),
          resolvedAt: null,
          ageSeconds: 26 * 3_600,
        },
        order: overdueSell,
      },
      ...orderPage.cases.map((one) => ({ case: one, order: lostBuy })),
    ],
    nextCursor: null,
  },
  listActs: { acts: [waitingAct], nextCursor: null },
  findOrders: { searchedAs: ["phone"], orders: [lostBuy, overdueSell, paidBuy], nextCursor: null },
  getOrder: orderPage,
  previewAct: deliverPreview,
  getAct: waitingAct,
  readLog: { entries: [], last: 0 },
  listOperators: {
    operators: [
      {
        ...operators.wanjiku,
        createdAt: ago(60 * 24 * 40),
        disabledAt: null,
        passkeys: [
          {
            id: "c29tZS1jcmVkZW50aWFsLWlk",
            label: "Wanjiku's laptop",
            fingerprint: "9f1c2d3e4a5b6c7d",
            createdAt: ago(60 * 24 * 40),
            lastUsedAt: ago(30),
            backedUp: false,
          },
        ],
        enrolmentExpiresAt: null,
      },
      {
        ...operators.otieno,
        createdAt: ago(60 * 24 * 3),
        disabledAt: null,
        passkeys: [],
        enrolmentExpiresAt: ahead(50),
      },
    ],
  },
  listSwitches: {
    inForce: [
      {
        id: "7",
        name: "stop_phone",
        subject: "254712345408",
        value: "on",
        reason: "Asked for by the police, letter 14.",
        by: "otieno",
        at: ago(300),
      },
    ],
    kinds: [
      { name: "stop_buys", subject: "none", subjects: [], value: null },
      { name: "stop_rail", subject: "rail", subjects: ["mpesa_stk", "mpesa_b2c"], value: null },
      { name: "stop_phone", subject: "phone", subjects: [], value: null },
      { name: "order_max_kes", subject: "none", subjects: [], value: { min: 1, max: 150_000 } },
    ],
  },
  listSwitchChanges: {
    changes: [
      {
        id: "6",
        name: "order_max_kes",
        subject: "",
        value: null,
        reason: "The float is back.",
        by: "wanjiku",
        at: ago(60 * 26),
      },
    ],
  },
  listAlarms: {
    alarms: [
      {
        name: "float_low",
        subject: "",
        severity: "critical",
        since: ago(42),
        detail:
          "KES 41,200 are free and the last 24 hours paid out KES 20,000 an hour: top the utility account up.",
      },
      {
        name: "certificate_expires",
        subject: "ENGINE_TLS_CERT",
        severity: "warning",
        since: ago(60 * 30),
        detail: "It expires on 2026-12-12. Renew it and restart the api.",
      },
    ],
    checkedAt: ago(1),
  },
  booksState: {
    isOpen: true,
    comparedAt: ago(4),
    comparisons: [
      {
        figure: "mpesa_utility",
        currency: "KES",
        ledger: "204000000",
        actual: "203850000",
        difference: "-150000",
      },
      {
        figure: "treasury",
        currency: "MSAT",
        ledger: "494999844000",
        actual: "494999844000",
        difference: "0",
      },
    ],
    differences: [],
    balances,
    openCases: 1,
    waitingLines: 2,
    unmatchedLines: 1,
    lastClosedDay: "2026-11-28",
    today: "2026-11-30",
    pull: { pulledUntil: ago(15), failure: null },
    pullGaps: [],
  },
  listBookings: {
    bookings: [
      {
        reference: "UKN5X7K2QP",
        type: "move",
        operator: "wanjiku",
        reason: "Daily sweep.",
        bookedAt: ago(200),
        entries: [
          { account: "mpesa_available", currency: "KES", amount: "5000000" },
          { account: "mpesa_collections", currency: "KES", amount: "-5000000" },
        ],
      },
    ],
  },
  listStatementLines: {
    lines: [
      {
        id: id(401),
        shortcode: "600111",
        account: "utility",
        receipt: "SKL7Z1X2CV",
        isCharge: false,
        cents: "150000",
        completedAt: ago(190),
        details: "Pay Bill Online from 254722000111",
        otherParty: "254722000111 - OTIENO ODHIAMBO",
        accountReference: "SC4F2B",
        linkedReceipt: "",
        source: "csv",
        state: "unmatched",
        orderId: null,
      },
    ],
  },
  listBookCases: {
    cases: [
      {
        id: id(402),
        code: "statement_unmatched",
        meaning: "M-Pesa's statement has money that no order and no booking has.",
        detail: "SKL7Z1X2CV, KES 1,500.",
        lineId: id(401),
        orderId: null,
        openedAt: ago(180),
        resolvedAt: null,
        resolution: null,
      },
    ],
  },
  previewDay: {
    day: "2026-11-29",
    trialBalance,
    waitingLines: 0,
    unmatchedLines: 1,
    balances: [
      { shortcode: "600222", account: "utility", statement: "203850000", ledger: "204000000" },
      { shortcode: "600111", account: "utility", statement: null, ledger: "1200000" },
    ],
    open: ["1 line of the statement is unmatched.", "600111 utility: no statement file."],
  },
  listClosedDays: {
    days: [
      {
        day: "2026-11-28",
        closedAt: ago(60 * 20),
        operator: "wanjiku",
        reason: null,
        trialBalance,
        waitingLines: 0,
        unmatchedLines: 0,
        balances: [],
      },
    ],
  },
  readFigures: {
    days: [
      {
        day: "2026-11-29",
        feesKesCents: {
          spread: "412000",
          mpesa: "0",
          channel_open: "60000",
          routing: "3100",
          other: "0",
        },
        mpesaFeesKesCents: "98000",
        lossesKesCents: "0",
        taxesPaidKesCents: "0",
        routingFeesMsat: "214000",
        nodeIncomeMsat: "1200000",
        nodeExpensesMsat: "980000",
        overpaymentsMsat: "0",
        lossesMsat: "0",
        taxes: [
          {
            kind: "excise_duty",
            baseKesCents: "475100",
            partsPerMillion: "100000",
            effectiveFrom: "2025-07-01",
            amountKesCents: "47510",
          },
        ],
      },
    ],
    exposure: {
      positionMsat: "-1250000000",
      costKesCents: "-15875000",
      valueKesCents: "-15900000",
      gainKesCents: "-25000",
      rateKesPerBtc: "12720000.00",
      asOf: ago(1),
    },
  },
  enrolmentOptions: {
    operator: operators.otieno,
    expiresAt: ahead(50),
    options: {},
  },
};

/** Addresses of pages that these answers fill. */
export const places = {
  cases: "#/cases",
  find: "#/find",
  order: `#/order/${id(1)}`,
  deliver: `#/order/${id(1)}/act/deliver`,
  refund: `#/order/${id(1)}/act/refund`,
  waiting: "#/waiting",
  act: `#/act/${id(301)}`,
  log: "#/log",
  operators: "#/operators",
  alarms: "#/alarms",
  switches: "#/switches",
  books: "#/books",
  "books-lines": "#/books/lines",
  "books-cases": "#/books/cases",
  "books-upload": "#/books/upload",
  "books-book": "#/books/book",
  "books-move": "#/books/book/move",
  "books-day": "#/books/day/2026-11-29",
  "books-days": "#/books/days",
  income: "#/income",
  menu: "#/menu",
  enrol: `#/enrol/sce_${"a".repeat(43)}`,
} as const;
