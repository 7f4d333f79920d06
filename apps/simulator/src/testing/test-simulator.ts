import { constants, publicEncrypt, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { simulatorApp } from "../app.ts";
import type { Delivery } from "../callbacks/deliveries.ts";
import { listRequests } from "../daraja/request-log.ts";
import { audit } from "../mpesa/ledger.ts";
import { compactTime } from "../mpesa/nairobi.ts";
import { openSimulator } from "../runtime/simulator.ts";
import type { Simulator } from "../runtime/simulator.ts";
import { seededEntropy } from "../shared/entropy.ts";
import { serve } from "./serve.ts";
import type { TestResponse } from "./serve.ts";

const shortcode = "174379";
const passkey = "a-passkey";

/**
 * A complete simulator behind HTTP. Only `pass` advances its clock. Callbacks are recorded in `sent` instead of sent.
 */
export type TestSimulator = {
  readonly simulator: Simulator;
  readonly url: string;
  readonly sent: Delivery[];
  readonly get: (path: string, language?: "en" | "sw") => Promise<TestResponse>;
  /** Submits a form. */
  readonly press: (path: string, form: Readonly<Record<string, string>>) => Promise<TestResponse>;
  /** Calls Daraja with a valid token. */
  readonly api: (path: string, body: object) => Promise<TestResponse>;
  readonly push: (msisdn: string, shillings: number) => Promise<string>;
  readonly payOut: (msisdn: string, shillings: number, id: string) => Promise<TestResponse>;
  /** Advances the clock and does everything that becomes due. */
  readonly pass: (ms: number) => Promise<void>;
  readonly findings: () => readonly unknown[];
  /** Restarts the simulator on the same state. */
  readonly reopen: () => Promise<TestSimulator>;
  readonly close: () => Promise<void>;
};

export async function openTestSimulator(
  folder = mkdtempSync(join(tmpdir(), "simulator-test-")),
  start = Date.parse("2026-03-02T09:00:00Z"),
): Promise<TestSimulator> {
  let now = start;
  const sent: Delivery[] = [];
  const logger = pino({ level: "silent" });
  const simulator = openSimulator({
    stateDir: folder,
    clock: { now: () => now },
    entropy: seededEntropy(String(start)),
    logger,
    send: async (delivery) => {
      sent.push(delivery);
      return { status: 200, body: "" };
    },
    app: { key: "key", secret: "secret" },
    shortcode,
    payoutShortcode: shortcode,
    organisationName: "SATSCONNECT",
    passkey,
    initiatorName: "api",
    initiatorPassword: "password",
    settings: { queryBusyPercent: 0 },
  });
  const server = await serve(simulatorApp(simulator, logger));

  // A fault may delay an answer until the clock advances. So `pass` does not wait for answers, only until the gateway
  // has logged every request.
  const lastRequest = (): number => listRequests(simulator.world, 1)[0]?.id ?? 0;
  let expectedRequests = lastRequest();
  let unanswered = 0;
  const darajaRequest = async (path: string, init: RequestInit): Promise<TestResponse> => {
    expectedRequests += 1;
    unanswered += 1;
    return server.request(path, init).finally(() => {
      unanswered -= 1;
    });
  };

  const token = await darajaRequest("/oauth/v1/generate?grant_type=client_credentials", {
    headers: { authorization: `Basic ${Buffer.from("key:secret").toString("base64")}` },
  });
  const bearer = (JSON.parse(token.body) as { access_token: string }).access_token;
  // The initiator's password, encrypted with M-Pesa's certificate (PKCS #1 v1.5).
  const credential = publicEncrypt(
    {
      key: new X509Certificate(readFileSync(simulator.certificateFile)).publicKey,
      padding: constants.RSA_PKCS1_PADDING,
    },
    Buffer.from("password"),
  ).toString("base64");
  const api = (path: string, body: object) =>
    darajaRequest(path, {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const close = async (): Promise<void> => {
    await server.close();
    await simulator.close();
  };
  return {
    simulator,
    url: server.url,
    sent,
    api,
    get: (path, language = "en") =>
      server.request(path, { headers: { "accept-language": language } }),
    press: (path, form) =>
      server.request(path, { method: "POST", body: new URLSearchParams(form) }),
    async push(msisdn, shillings) {
      const timestamp = compactTime(now);
      const { body } = await api("/mpesa/stkpush/v1/processrequest", {
        BusinessShortCode: shortcode,
        Password: Buffer.from(`${shortcode}${passkey}${timestamp}`).toString("base64"),
        Timestamp: timestamp,
        TransactionType: "CustomerPayBillOnline",
        Amount: String(shillings),
        PartyA: msisdn,
        PartyB: shortcode,
        PhoneNumber: msisdn,
        CallBackURL: "https://example.com/callback",
        AccountReference: "ORDER1",
        TransactionDesc: "Buy",
      });
      const answer = JSON.parse(body) as { readonly CheckoutRequestID?: string };
      if (answer.CheckoutRequestID === undefined) throw new Error(body);
      return answer.CheckoutRequestID;
    },
    payOut: (msisdn, shillings, id) =>
      api("/mpesa/b2c/v3/paymentrequest", {
        OriginatorConversationID: id,
        InitiatorName: "api",
        SecurityCredential: credential,
        CommandID: "BusinessPayment",
        Amount: String(shillings),
        PartyA: shortcode,
        PartyB: msisdn,
        Remarks: "Sell",
        QueueTimeOutURL: "https://example.com/timeout",
        ResultURL: "https://example.com/result",
        Occasion: "",
      }),
    async pass(ms) {
      while (unanswered > 0 && lastRequest() < expectedRequests) await sleep(1);
      now += ms;
      simulator.runner.runDue();
      await simulator.runner.settled();
      simulator.runner.runDue();
      await simulator.runner.settled();
    },
    findings: () => audit(simulator.world.database),
    async reopen() {
      await close();
      return openTestSimulator(folder, now);
    },
    async close() {
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
