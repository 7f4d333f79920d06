import { constants, generateKeyPairSync, privateDecrypt } from "node:crypto";
import { fiat } from "@satsconnect/money";
import { reportedCases } from "@satsconnect/money/reported-cases";
import { beforeEach, describe, expect, test } from "vitest";
import { createDaraja } from "./daraja.ts";
import type { Daraja } from "./daraja.ts";
import { maxCallMs } from "./gateway.ts";
import { orderTimes, sweep } from "../../domain/policy.ts";
import { createMemoryRailBudget } from "../../testing/memory-rail-budget.ts";
import { createMemoryRailTokenStore } from "../../testing/memory-rail-token-store.ts";

type Sent = {
  readonly path: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
};
type Reply = { readonly status: number; readonly body: string } | Error;

const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const certificate = keys.publicKey.export({ type: "spki", format: "pem" }).toString();
const start = Date.UTC(2026, 10, 23, 9, 0, 0);
const pushed = {
  orderId: "0192-order",
  msisdn: "254712345678",
  amountKesCents: fiat("KES", 100_000n),
  accountReference: "SATS12345678",
};
const paidOut = {
  orderId: "0192-order",
  msisdn: "254712345678",
  amountKesCents: fiat("KES", 30_000n),
  originatorConversationId: "ABCDEFGHIJKLMNOPQRST",
};

let now: number;
let sent: Sent[];
let replies: Reply[];
let tokensIssued: number;
let tokenReply: Reply | null;
let warnings: object[];
let daraja: Daraja;

const json = (status: number, body: object): Reply => ({ status, body: JSON.stringify(body) });
const envelope = (status: number, errorCode: string, errorMessage = "x") =>
  json(status, { requestId: "1c5b", errorCode, errorMessage });
const networkError = (code: string) => new TypeError("fetch failed", { cause: { code } });

const accepted = json(200, {
  MerchantRequestID: "2654-4b64-97ff-b827b542881d3130",
  CheckoutRequestID: "ws_CO_1007202409152617172396192",
  ResponseCode: "0",
  ResponseDescription: "Success. Request accepted for processing",
  CustomerMessage: "Success. Request accepted for processing",
});
const acknowledged = json(200, {
  ConversationID: "AG_20240706_20106e9209f64bebd05b",
  OriginatorConversationID: "600997_Test_32et3241ed8yu",
  ResponseCode: "0",
  ResponseDescription: "Accept the service request successfully.",
});

beforeEach(() => {
  now = start;
  sent = [];
  replies = [];
  tokensIssued = 0;
  tokenReply = null;
  warnings = [];
  daraja = createDaraja({
    baseUrl: "https://daraja.test",
    consumerKey: "key",
    consumerSecret: "secret",
    shortcode: "174379",
    passkey: "passkey",
    payoutShortcode: "600992",
    initiatorName: "testapi",
    initiatorPassword: "Safaricom999!*!",
    certificate,
    urlFor: (kind, orderId) => `https://sats.test/callbacks/secret/${kind}/${orderId}`,
    tokens: createMemoryRailTokenStore(() => now),
    budget: createMemoryRailBudget(() => now),
    now: () => now,
    log: { warn: (fields) => warnings.push(fields) },
    fetch: async (input, init) => {
      const url = new URL(addressOf(input));
      const headers = new Headers(init?.headers);
      let reply: Reply | undefined;
      if (url.pathname === "/oauth/v1/generate") {
        tokensIssued += 1;
        reply =
          tokenReply ?? json(200, { access_token: `token-${tokensIssued}`, expires_in: 3599 });
      } else {
        sent.push({
          path: url.pathname,
          headers,
          body: JSON.parse(bodyOf(init)) as Sent["body"],
        });
        reply = replies.shift();
      }
      if (reply === undefined) throw new Error("The test prepared no reply");
      if (reply instanceof Error) throw reply;
      return new Response(reply.body, { status: reply.status });
    },
  });
});

describe("an STK push", () => {
  test("is requested as Daraja documents it", async () => {
    replies = [accepted];
    expect(await daraja.stk.push(pushed)).toEqual({
      ok: true,
      value: { checkoutRequestId: "ws_CO_1007202409152617172396192" },
    });
    expect(sent[0]?.path).toBe("/mpesa/stkpush/v1/processrequest");
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer token-1");
    expect(sent[0]?.body).toEqual({
      BusinessShortCode: "174379",
      Password: Buffer.from("174379passkey20261123120000").toString("base64"),
      Timestamp: "20261123120000",
      TransactionType: "CustomerPayBillOnline",
      Amount: "1000",
      PartyA: "254712345678",
      PartyB: "174379",
      PhoneNumber: "254712345678",
      CallBackURL: "https://sats.test/callbacks/secret/prompt/0192-order",
      AccountReference: "SATS12345678",
      TransactionDesc: "Buy bitcoin",
    });
    expect(String(sent[0]?.body["TransactionDesc"]).length).toBeLessThanOrEqual(13);
  });

  test.each([
    [
      "a refused field",
      envelope(400, "400.002.02", "Bad Request - Invalid Timestamp"),
      "400.002.02",
      "never",
    ],
    [
      "wrong credentials",
      envelope(500, "500.001.1001", "[MerchantValidate] - Wrong credentials"),
      "500.001.1001",
      "never",
    ],
    [
      "another STK push on the phone",
      envelope(
        500,
        "500.001.1001",
        "Unable to lock subscriber, a transaction is already in process for the current subscriber",
      ),
      "subscriber_busy",
      "never",
    ],
    [
      "spike arrest",
      envelope(500, "500.003.02", "Error Occurred: Spike Arrest Violation"),
      "500.003.02",
      "safe",
    ],
    [
      "Apigee's spike arrest",
      json(429, {
        fault: {
          faultstring: "x",
          detail: { errorcode: "policies.ratelimit.SpikeArrestViolation" },
        },
      }),
      "policies.ratelimit.SpikeArrestViolation",
      "safe",
    ],
    [
      "an internal error",
      envelope(500, "500.003.1001", "Internal Server Error"),
      "500.003.1001",
      "unknown",
    ],
    [
      "maintenance",
      envelope(
        500,
        "500.002.1001",
        "Service is currently under maintenance. Please try again later",
      ),
      "500.002.1001",
      "unknown",
    ],
    ["an undocumented error", envelope(500, "999.999"), "999.999", "unknown"],
    ["an HTML page", { status: 502, body: "<html>502 Bad Gateway</html>" }, "http_502", "unknown"],
    ["an HTML page with 200", { status: 200, body: "<html></html>" }, "http_200", "unknown"],
    ["an empty body", { status: 200, body: "" }, "http_200", "unknown"],
    [
      "an acceptance without an id",
      json(200, { ResponseCode: "0" }),
      "answer_unreadable",
      "unknown",
    ],
    [
      "the response code of a request cached for later",
      json(200, { ResponseCode: "100000000" }),
      "100000000",
      "unknown",
    ],
    ["a broken connection", networkError("ECONNRESET"), "network", "unknown"],
    ["a timeout", new DOMException("x", "TimeoutError"), "timeout", "unknown"],
    ["a refused connection", networkError("ECONNREFUSED"), "network", "safe"],
  ] as const)("reports the code and retry of %s", async (_name, reply, code, retry) => {
    replies = [reply];
    expect(await daraja.stk.push(pushed)).toMatchObject({ ok: false, error: { code, retry } });
    expect(sent).toHaveLength(1);
  });

  test("is pending when the query answers “does not exist”", async () => {
    replies = [
      json(200, {
        ResponseCode: "0",
        ResultCode: "1032",
        ResultDesc: "Request Cancelled by user.",
      }),
      envelope(500, "500.001.1001", "The transaction does not Exist"),
      envelope(200, "500.001.1001", "The transaction is being processed"),
      { status: 503, body: "<html>" },
    ];
    const query = () => daraja.stk.query("ws_CO_1");
    expect(await query()).toEqual({ ok: true, value: { status: "failed", code: "1032" } });
    expect(await query()).toEqual({ ok: true, value: { status: "pending", code: "500.001.1001" } });
    expect(await query()).toEqual({ ok: true, value: { status: "pending", code: "500.001.1001" } });
    expect(await query()).toMatchObject({ ok: false, error: { retry: "unknown" } });
    expect(sent[0]?.body).toMatchObject({
      CheckoutRequestID: "ws_CO_1",
      BusinessShortCode: "174379",
    });
  });
});

describe("a payout", () => {
  test("is sent by B2C v3 with our OriginatorConversationID and the encrypted initiator password", async () => {
    replies = [acknowledged];
    expect(await daraja.payouts.send(paidOut)).toEqual({
      ok: true,
      value: { conversationId: "AG_20240706_20106e9209f64bebd05b" },
    });
    const { SecurityCredential: credential, ...body } = sent[0]?.body ?? {};
    expect(sent[0]?.path).toBe("/mpesa/b2c/v3/paymentrequest");
    expect(body).toEqual({
      OriginatorConversationID: "ABCDEFGHIJKLMNOPQRST",
      InitiatorName: "testapi",
      CommandID: "BusinessPayment",
      Amount: "300",
      PartyA: "600992",
      PartyB: "254712345678",
      Remarks: "SatsConnect payout",
      QueueTimeOutURL: "https://sats.test/callbacks/secret/payout-timeout/0192-order",
      ResultURL: "https://sats.test/callbacks/secret/payout/0192-order",
      Occassion: "SatsConnect",
    });
    expect(String(credential)).toHaveLength(344);
    const block = privateDecrypt(
      { key: keys.privateKey, padding: constants.RSA_NO_PADDING },
      Buffer.from(String(credential), "base64"),
    );
    expect([block[0], block[1]]).toEqual([0, 2]);
    expect(block.subarray(block.indexOf(0, 2) + 1).toString()).toBe("Safaricom999!*!");
  });

  test("tells a duplicate id from maintenance, which has the same error code", async () => {
    replies = [
      envelope(500, "500.002.1001", "Duplicate OriginatorConversationID."),
      envelope(
        500,
        "500.002.1001",
        "Service is currently under maintenance. Please try again later",
      ),
    ];
    expect(await daraja.payouts.send(paidOut)).toMatchObject({
      error: { code: "payout_duplicate", retry: "unknown" },
    });
    expect(await daraja.payouts.send(paidOut)).toMatchObject({
      error: { code: "500.002.1001", retry: "unknown" },
    });
  });

  test("is queried by our id in the field OriginalConversationID", async () => {
    replies = [acknowledged];
    await daraja.payouts.requestStatus(paidOut);
    expect(sent[0]?.path).toBe("/mpesa/transactionstatus/v1/query");
    expect(sent[0]?.body).toMatchObject({
      Initiator: "testapi",
      CommandID: "TransactionStatusQuery",
      OriginalConversationID: "ABCDEFGHIJKLMNOPQRST",
      PartyA: "600992",
      IdentifierType: "4",
      ResultURL: "https://sats.test/callbacks/secret/status/0192-order",
      QueueTimeOutURL: "https://sats.test/callbacks/secret/status-timeout/0192-order",
    });
  });
});

describe("a reversal", () => {
  test("names the receipt, and the shortcode that was paid as the receiver", async () => {
    replies = [acknowledged];
    const reversal = {
      orderId: "0192-order",
      receipt: "SKC82PACB8",
      amountKesCents: fiat("KES", 30_000n),
    };
    expect(await daraja.reversals.send(reversal)).toEqual({
      ok: true,
      value: { conversationId: "AG_20240706_20106e9209f64bebd05b" },
    });
    const { SecurityCredential: credential, ...body } = sent[0]?.body ?? {};
    expect(sent[0]?.path).toBe("/mpesa/reversal/v1/request");
    expect(body).toEqual({
      Initiator: "testapi",
      CommandID: "TransactionReversal",
      TransactionID: "SKC82PACB8",
      Amount: "300",
      ReceiverParty: "174379",
      RecieverIdentifierType: "11",
      ResultURL: "https://sats.test/callbacks/secret/reversal/0192-order",
      QueueTimeOutURL: "https://sats.test/callbacks/secret/reversal-timeout/0192-order",
      Remarks: "SatsConnect refund",
    });
    expect(String(credential)).toHaveLength(344);
  });

  test("that Daraja refuses for its receipt was not made", async () => {
    replies = [envelope(400, "400.002.02", "Bad Request - Invalid TransactionID")];
    const reversal = {
      orderId: "0192-order",
      receipt: "SKC82PACB8",
      amountKesCents: fiat("KES", 30_000n),
    };
    expect(await daraja.reversals.send(reversal)).toMatchObject({ error: { retry: "never" } });
  });
});

describe("the recipient's name", () => {
  const hakikisha = (status: number, body: object) =>
    json(status, { header: { requestID: "1", status: String(status), message: "" }, body });

  test.each([
    [
      "is returned as M-Pesa masks it",
      hakikisha(200, { firstName: "amina", middleName: "W******", lastName: "" }),
      { ok: true, value: { name: "AMINA W******" } },
    ],
    [
      "is refused for an unregistered number",
      hakikisha(400, { message: "The customer does not exist." }),
      { ok: false, error: { code: "recipient_not_registered" } },
    ],
    [
      "is null when M-Pesa does not offer the check to this shortcode",
      envelope(404, "404.001.01", "Resource not found"),
      { ok: true, value: { name: null } },
    ],
    [
      "is unavailable while M-Pesa is unreachable",
      { status: 503, body: "<html>" },
      { ok: false, error: { code: "mpesa_unavailable", retry: "safe" } },
    ],
  ] as const)("%s", async (_name, reply, expected) => {
    replies = [reply];
    expect(await daraja.payouts.recipientName("254712345678")).toMatchObject(expected);
  });
});

describe("the access token", () => {
  test("is fetched once for eight requests at once", async () => {
    replies = Array.from({ length: 8 }, () => accepted);
    await Promise.all(Array.from({ length: 8 }, () => daraja.stk.push(pushed)));
    expect(tokensIssued).toBe(1);
  });

  test("is replaced after 80 % of its lifetime", async () => {
    replies = [accepted, accepted, accepted];
    await daraja.stk.push(pushed);
    now = start + 3_599_000 * 0.79;
    await daraja.stk.push(pushed);
    expect(tokensIssued).toBe(1);
    now = start + 3_599_000 * 0.81;
    await daraja.stk.push(pushed);
    expect(tokensIssued).toBe(2);
  });

  test("is accepted with its lifetime as text", async () => {
    tokenReply = json(200, { access_token: "t", expires_in: "3599" });
    replies = [accepted];
    expect((await daraja.stk.push(pushed)).ok).toBe(true);
  });

  test.each(["404.001.03", "401.002.01", "400.003.01", "401.001"])(
    "is replaced when it is refused with %s, and the request is repeated once",
    async (code) => {
      replies = [envelope(401, code, "Invalid Access Token"), accepted];
      expect((await daraja.stk.push(pushed)).ok).toBe(true);
      expect(sent.map(({ headers }) => headers.get("authorization"))).toEqual([
        "Bearer token-1",
        "Bearer token-2",
      ]);
      expect(sent[1]?.body).toEqual(sent[0]?.body);

      replies = [envelope(401, code), envelope(401, code)];
      expect(await daraja.stk.push(pushed)).toMatchObject({ ok: false, error: { retry: "safe" } });
      expect(sent).toHaveLength(4);
    },
  );

  const fault = (status: number, errorcode: string, faultstring: string) =>
    json(status, { fault: { faultstring, detail: { errorcode } } });
  test.each([
    [
      "Apigee's words for an invalid one",
      fault(401, "keymanagement.service.invalid_access_token", "Invalid Access Token"),
    ],
    [
      "Apigee's words for an expired one",
      fault(401, "keymanagement.service.access_token_expired", "Access Token expired"),
    ],
    ["the same with status 500", fault(500, "keymanagement.service.access_token_expired", "x")],
    ["Apigee's OAuth policy", fault(400, "steps.oauth.v2.InvalidAccessToken", "x")],
    ["an unknown fault that names it", fault(503, "some.new.code", "Access Token has expired")],
    ["status 401 and no body", { status: 401, body: "" }],
    ["status 401 and a page", { status: 401, body: "<html>Unauthorized</html>" }],
    ["status 401 and an unknown code", envelope(401, "401.009.99", "x")],
  ])(
    "43: that is refused by %s is replaced once, and then nothing happened",
    async (_name, reply) => {
      replies = [reply, acknowledged];
      expect((await daraja.payouts.send(paidOut)).ok).toBe(true);
      expect(tokensIssued).toBe(2);
      replies = [reply, reply];
      expect(await daraja.payouts.send(paidOut)).toMatchObject({
        ok: false,
        error: { retry: "safe" },
      });
      expect(tokensIssued).toBe(3);
    },
  );

  test("43: of an application without the API is not replaced, and nothing happened", async () => {
    const description = "Invalid Access Token - Invalid API call as no apiproduct match found";
    replies = [json(401, { ResponseCode: "", ResponseDescription: description })];
    expect(await daraja.payouts.send(paidOut)).toMatchObject({
      ok: false,
      error: { retry: "never" },
    });
    expect(tokensIssued).toBe(1);
  });

  test("is needed before a request is sent", async () => {
    tokenReply = { status: 400, body: "" };
    expect(await daraja.stk.push(pushed)).toMatchObject({
      error: { code: "token_unavailable", retry: "safe" },
    });
    expect(sent).toHaveLength(0);
  });
});

describe("a refused field", () => {
  const invalid = (field: string) => envelope(400, "400.002.02", `Bad Request - Invalid ${field}`);

  test.each(["PhoneNumber", "PartyA"])("%s of a push is the customer's number", async (field) => {
    replies = [invalid(field)];
    expect(await daraja.stk.push(pushed)).toMatchObject({
      error: { code: "number_refused", retry: "never", message: expect.stringContaining(field) },
    });
  });

  test("PartyB is the customer's number in a payout, and ours in a push", async () => {
    replies = [invalid("PartyB"), invalid("PartyB")];
    expect(await daraja.payouts.send(paidOut)).toMatchObject({ error: { code: "number_refused" } });
    expect(await daraja.stk.push(pushed)).toMatchObject({
      error: { code: "400.002.02", message: expect.stringContaining("PartyB") },
    });
  });

  test("Amount is told as the amount's fault", async () => {
    replies = [invalid("Amount")];
    expect(await daraja.stk.push(pushed)).toMatchObject({ error: { code: "amount_refused" } });
  });
});

test("a call with both attempts ends before an order is woken again", () => {
  const chainQueryMs = 3_000;
  expect(maxCallMs + chainQueryMs).toBeLessThan(orderTimes.callTimeoutMs);
  expect(orderTimes.callTimeoutMs).toBeLessThan(sweep.leaseMs);
});

test("sends nothing for one second after a spike arrest", async () => {
  replies = [envelope(500, "500.003.02"), accepted];
  await daraja.stk.push(pushed);
  expect(await daraja.stk.push(pushed)).toMatchObject({ error: { retry: "safe" } });
  expect(sent).toHaveLength(1);
  now += 1_001;
  expect((await daraja.stk.push(pushed)).ok).toBe(true);
});

test("logs no phone number, checkout request id or secret", async () => {
  replies = [
    envelope(500, "500.003.1001"),
    { status: 502, body: "254712345678" },
    networkError("ECONNRESET"),
  ];
  await daraja.stk.push(pushed);
  await daraja.stk.query("ws_CO_1007202409152617172396192");
  await daraja.payouts.send(paidOut);
  expect(warnings).toHaveLength(3);
  expect(JSON.stringify(warnings)).not.toMatch(
    /2547|12345678|ws_CO|token|passkey|secret|Safaricom999/,
  );
});

describe("an answer of a public report", () => {
  /** The answer to a payout, or to a push where only a push is answered with it. */
  const askedWith = async (id: string) =>
    /lock|phone|amount/.test(id) ? daraja.stk.push(pushed) : daraja.payouts.send(paidOut);

  test.each(reportedCases("gateway", "gateway-token", "gateway-words"))(
    "$id: $expected",
    async ({ id, input, expected }) => {
      replies = [input as { readonly status: number; readonly body: string }, acknowledged];
      const answer = await askedWith(id);
      const refusal = answer.ok ? undefined : answer.error;
      if (expected === "another token, once more") {
        expect(answer.ok).toBe(true);
        expect(tokensIssued).toBe(2);
        return;
      }
      expect(sent).toHaveLength(1);
      switch (expected) {
        case "safe":
        case "unknown":
        case "never":
          return expect(refusal?.retry).toBe(expected);
        case "a refusal: nothing happened":
          return expect(refusal?.retry).not.toBe("unknown");
        case "known already: ask":
          return expect(refusal).toMatchObject({ code: "payout_duplicate", retry: "unknown" });
        case "another prompt is open":
          return expect(refusal?.code).toBe("subscriber_busy");
        default:
          expect(expected).toBe("told as the number's fault, not as ours");
          expect(refusal?.code).toBe("number_refused");
      }
    },
  );
});

test("refuses an invalid certificate at startup", () => {
  expect(() =>
    createDaraja({
      baseUrl: "https://daraja.test",
      consumerKey: "key",
      consumerSecret: "secret",
      shortcode: "174379",
      passkey: "p",
      payoutShortcode: "600992",
      initiatorName: "testapi",
      initiatorPassword: "x",
      certificate: "none",
      urlFor: () => "",
      tokens: createMemoryRailTokenStore(() => 0),
      budget: createMemoryRailBudget(() => now),
      now: () => 0,
      log: { warn: () => {} },
    }),
  ).toThrow(/PEM|no start line|unsupported|DECODER/i);
});

function addressOf(input: string | URL | Request): string {
  return input instanceof Request ? input.url : input.toString();
}

function bodyOf(init: RequestInit | undefined): string {
  return typeof init?.body === "string" ? init.body : "";
}
