import { constants, publicEncrypt, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { simulatorApp } from "../app.ts";
import type { Delivery } from "../callbacks/deliveries.ts";
import { seededEntropy } from "../shared/entropy.ts";
import { audit } from "../mpesa/ledger.ts";
import { compactTime } from "../mpesa/nairobi.ts";
import { openSimulator } from "../runtime/simulator.ts";
import type { Simulator } from "../runtime/simulator.ts";

const shortcode = "174379";
const passkey = "a-passkey";

/** A whole simulator with a clock that stands, whose callbacks are kept instead of sent. */
export type MadeSimulator = {
  readonly simulator: Simulator;
  readonly sent: Delivery[];
  readonly get: (path: string, language?: "en" | "sw") => Promise<Answered>;
  readonly press: (path: string, form: Readonly<Record<string, string>>) => Promise<Answered>;
  readonly api: (path: string, body: object) => Promise<Answered>;
  readonly push: (msisdn: string, shillings: number) => Promise<string>;
  readonly payOut: (msisdn: string, shillings: number, id: string) => Promise<Answered>;
  /** Lets time pass, and everything that becomes due happen. */
  readonly pass: (ms: number) => Promise<void>;
  readonly findings: () => readonly unknown[];
  readonly reopen: () => Promise<MadeSimulator>;
  readonly close: () => Promise<void>;
};

type Answered = {
  readonly status: number;
  readonly body: string;
  readonly location: string;
};

export async function makeSimulator(
  folder = mkdtempSync(join(tmpdir(), "simulator-test-")),
  start = Date.parse("2026-03-02T09:00:00Z"),
): Promise<MadeSimulator> {
  let now = start;
  const sent: Delivery[] = [];
  const simulator = openSimulator({
    stateDir: folder,
    clock: { now: () => now },
    entropy: seededEntropy(String(start)),
    logger: pino({ level: "silent" }),
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
  const app = simulatorApp(simulator);
  const ask = async (
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<Answered> => {
    const { pathname, searchParams } = new URL(url, "http://simulator");
    const reply = await app({
      method,
      path: pathname,
      query: searchParams,
      headers,
      body,
      params: {},
    });
    if (reply.type !== "content") return { status: 0, body: reply.type, location: "" };
    return {
      status: reply.status,
      body: typeof reply.body === "string" ? reply.body : Buffer.from(reply.body).toString(),
      location: reply.headers["location"] ?? "",
    };
  };
  const token = async (): Promise<string> => {
    const { body } = await ask(
      "GET",
      "/oauth/v1/generate?grant_type=client_credentials",
      { authorization: `Basic ${Buffer.from("key:secret").toString("base64")}` },
      "",
    );
    return (JSON.parse(body) as { access_token: string }).access_token;
  };
  const bearer = await token();
  // As initiators do it: the password, encrypted with M-Pesa's certificate (PKCS #1 v1.5).
  const credential = publicEncrypt(
    {
      key: new X509Certificate(readFileSync(simulator.certificateFile)).publicKey,
      padding: constants.RSA_PKCS1_PADDING,
    },
    Buffer.from("password"),
  ).toString("base64");
  const api = (path: string, body: object) =>
    ask(
      "POST",
      path,
      { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      JSON.stringify(body),
    );
  const made: MadeSimulator = {
    simulator,
    sent,
    api,
    get: (path, language = "en") => ask("GET", path, { "accept-language": language }, ""),
    press: (path, form) =>
      ask(
        "POST",
        path,
        { "content-type": "application/x-www-form-urlencoded" },
        new URLSearchParams(form).toString(),
      ),
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
      now += ms;
      simulator.runner.runDue();
      await simulator.runner.settled();
      simulator.runner.runDue();
      await simulator.runner.settled();
    },
    findings: () => audit(simulator.world.database),
    async reopen() {
      await simulator.close();
      return makeSimulator(folder, now);
    },
    async close() {
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return made;
}
