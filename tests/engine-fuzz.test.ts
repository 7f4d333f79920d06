import { readFileSync } from "node:fs";
import path from "node:path";
import { credentials, status } from "@grpc/grpc-js";
import type { Client } from "@grpc/grpc-js";
import { findFailureCode, grpcStatusOf } from "@satsconnect/contracts/failures";
import { NodeServiceService, PauseKind } from "@satsconnect/contracts/grpc/node";
import { PaymentServiceService } from "@satsconnect/contracts/grpc/payment";
import { WalletServiceService } from "@satsconnect/contracts/grpc/wallet";
import { serviceErrorToFailure } from "@satsconnect/contracts/grpc";
import { issueCertificates } from "@satsconnect/dev-certificates";
import type { LightningNode } from "@satsconnect/lightning";
import {
  Random,
  hostileLspsRequest,
  hostileMessage,
  hostilePeer,
  silentSocket,
} from "@satsconnect/lightning/simulation";
import type { HostileSocket } from "@satsconnect/lightning/simulation";
import { msat, valueOf } from "@satsconnect/money";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { waitFor } from "../scripts/support/processes.ts";
import { callOptions, healthAt, startEngineWorld } from "./support/engine-world.ts";
import type { EngineWorld } from "./support/engine-world.ts";
import { HostileRequests, callRaw, rawClient, readProtocol } from "./support/hostile-grpc.ts";
import type { Answer, KnownValues } from "./support/hostile-grpc.ts";

/*
 * The engine as it runs in production, attacked over its sockets. After each attack it must be the same process, must
 * not have restarted its node, must have answered its health checks all the time, and must still forward payments.
 */

/** `SWEEP=full` attacks eight times as long. */
const scale = { wide: 2, full: 8 }[process.env["SWEEP"] ?? ""] ?? 1;
const seed = process.env["FUZZ_SEED"] ?? "20261123";
const maxMemory = 900 * 1024 * 1024;

let world: EngineWorld;
let wallet: LightningNode;
let walletId: string;
let tcp: string;
let webSocket: string;
const sockets: HostileSocket[] = [];
/** Invoices and preimages of the honest payments. */
const secrets: string[] = [];

beforeAll(async () => {
  world = await startEngineWorld("fuzz");
  ({ node: wallet, walletId } = await world.openWallet("wallet"));
  const info = valueOf(await world.engine.client.node.getInfo({}, callOptions));
  tcp = info.tcpAddresses[0] ?? "";
  webSocket = world.engine.webSocketUrl.replace("ws://", "");
  const amountMsat = msat(200_000_000n);
  const jit = valueOf(
    await wallet.createJitInvoice({
      lsp: world.engineId,
      amountMsat,
      description: "",
      expirySeconds: 600,
      maxOpeningFeeMsat: msat(20_000_000n),
    }),
  );
  const value = {
    invoice: jit.invoice,
    amountMsat,
    feeLimitMsat: 0n,
    expectedNodeId: wallet.nodeId,
  };
  valueOf(
    await world.engine.client.payment.processPayment(
      { idempotencyKey: "first", action: { $case: "pay", value } },
      callOptions,
    ),
  );
  await wallet.whenSettled(jit.payment.paymentHash, "inbound");
  await waitFor("a route to the merchant", async () => (await payMerchant()) === "succeeded");
}, 240_000);

afterAll(async () => {
  await world?.stop();
}, 60_000);

async function payMerchant(): Promise<string | undefined> {
  const invoice = valueOf(
    await world.merchant.createInvoice({ amountMsat: msat(100_000n), expirySeconds: 600 }),
  );
  valueOf(await wallet.pay({ invoice: invoice.request ?? "", maxFeeMsat: msat(100_000n) }));
  const paid = await wallet.whenSettled(invoice.paymentHash, "outbound");
  const preimage = await wallet.proofOfPayment(invoice.paymentHash);
  secrets.push(...[invoice.request, preimage].filter((secret) => typeof secret === "string"));
  return paid?.state;
}

const logText = (): string => readFileSync(path.join(world.home, "engine.log"), "utf8");

/** Resident memory of the engine's process, in bytes. */
function residentMemory(): number {
  const { pid } = world.engine.app.process();
  const kilobytes = /VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  return Number(kilobytes?.[1]) * 1_024;
}

let watching: NodeJS.Timeout;
let slowest: number;
let failedChecks: string[];
let payments: Promise<string | undefined>[];
let before: { readonly pid: number; readonly log: number };

beforeEach(() => {
  before = { pid: world.engine.app.process().pid, log: logText().length };
  slowest = 0;
  failedChecks = [];
  payments = [];
  let pending = false;
  let rounds = 0;
  watching = setInterval(() => {
    if (pending) return;
    pending = true;
    rounds += 1;
    const started = performance.now();
    if (rounds % 10 === 0) payments.push(payMerchant());
    void healthAt(world.engine.httpUrl).then((health) => {
      slowest = Math.max(slowest, performance.now() - started);
      if (!health.ready) failedChecks.push(JSON.stringify(health));
      pending = false;
    });
  }, 100);
});

afterEach(async () => {
  clearInterval(watching);
  for (const { socket } of sockets.splice(0)) socket.destroy();
  const { app, httpUrl } = world.engine;
  expect(app.process().isRunning()).toBe(true);
  expect(app.process().pid).toBe(before.pid);
  const log = logText().slice(before.log);
  expect(log).not.toMatch(/restarting from the store|panicked|RangeError|uncaught|unhandled/iu);
  expect(failedChecks).toEqual([]);
  // The machine may be busy with other tests. An event loop that is blocked is blocked for longer.
  expect(slowest).toBeLessThan(5_000);
  expect(await healthAt(httpUrl)).toMatchObject({ ready: true });
  expect(residentMemory()).toBeLessThan(maxMemory);
  expect((await Promise.all(payments)).filter((state) => state !== "succeeded")).toEqual([]);
  expect(await payMerchant()).toBe("succeeded");
  // Peers must not be able to fill the operator's disk.
  expect(log.length).toBeLessThan(2 * 1024 * 1024 * scale);
  expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
});

/** Each attacker has an address range of its own, apart from the honest nodes'. */
const addressOf = (index: number): string => `127.77.${String(index % 250)}.9`;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("the Lightning ports", () => {
  test("survive random bytes instead of, and within, the handshake", async () => {
    const random = new Random(`junk/${seed}`);
    for (let index = 0; index < 60 * scale; index++) {
      const hostile = await silentSocket(
        index % 3 === 0 ? webSocket : tcp,
        addressOf(random.below(250)),
      );
      sockets.push(hostile);
      const junk = Buffer.from(random.bytes(random.below(3_000)));
      // a first act with the right version and a key that is on the curve, now and then
      if (index % 4 === 0 && junk.length > 50) junk.set([0, 2], 0);
      if (index % 6 === 0) hostile.socket.write("GET / HTTP/1.1\r\nUpgrade: websocket\r\n");
      hostile.socket.write(junk);
      if (random.below(3) === 0) hostile.socket.destroy();
    }
    await pause(500);
    expect(world.engine.app.process().isRunning()).toBe(true);
  });

  test("drop sockets that send their handshake byte by byte, and peers that do not read", async () => {
    const random = new Random(`slow/${seed}`);
    const slow = await Promise.all(
      Array.from({ length: 30 }, (_, index) => silentSocket(tcp, addressOf(index))),
    );
    sockets.push(...slow);
    const drip = setInterval(() => {
      for (const { socket, isOpen } of slow) if (isOpen()) socket.write(Buffer.from([0]));
    }, 400);
    const deaf = await Promise.all(
      Array.from({ length: 4 }, (_, index) =>
        hostilePeer(tcp, world.engineId, { localAddress: addressOf(100 + index), random }),
      ),
    );
    sockets.push(...deaf);
    const ping = Buffer.alloc(6);
    ping.writeUInt16BE(18);
    ping.writeUInt16BE(65_000, 2);
    for (const { socket } of deaf) socket.pause();
    for (let round = 0; round < 2_000; round++) for (const peer of deaf) peer.send(ping);
    await pause(9_500);
    clearInterval(drip);
    expect(slow.filter(({ isOpen }) => isOpen())).toEqual([]);
  });

  test(
    "survive sessions of peers that send messages that no node sends",
    { timeout: 600_000 },
    async () => {
      const random = new Random(`messages/${seed}`);
      const [channel] = await wallet.channels();
      const genesis = await world.bitcoind.call<string>("getblockhash", [0]);
      const target = {
        chainHash: Buffer.from(genesis, "hex").reverse(),
        channelIds: channel === undefined ? [] : [Buffer.from(channel.channelId, "hex")],
      };
      for (let session = 0; session < 60 * scale; session++) {
        const peer = await hostilePeer(tcp, world.engineId, {
          localAddress: addressOf(session),
          random,
        });
        sockets.push(peer);
        const floods = session % 10 === 0;
        const message = hostileMessage(random, target);
        for (let count = floods ? 800 : 40; count > 0 && peer.isOpen(); count--) {
          peer.send(floods ? message : hostileMessage(random, target));
          if (count % 20 === 0) await pause(5);
        }
        if (random.below(2) === 0) peer.socket.destroy();
      }
      await pause(500);
      expect(world.engine.app.process().isRunning()).toBe(true);
    },
  );

  test(
    "answer LSPS requests with wild values, and stay able to sell a channel",
    { timeout: 600_000 },
    async () => {
      const random = new Random(`lsps/${seed}`);
      let answers = 0;
      for (let session = 0; session < 15 * scale; session++) {
        const peer = await hostilePeer(tcp, world.engineId, {
          localAddress: addressOf(session),
          random,
          onMessage: (message) => {
            if (message.readUInt16BE() === 37_913) answers += 1;
          },
        });
        sockets.push(peer);
        for (let count = 0; count < 40 && peer.isOpen(); count++) {
          peer.send(hostileLspsRequest(random));
          if (count % 10 === 0) await pause(10);
        }
      }
      await pause(500);
      expect(answers).toBeGreaterThan(0);
      valueOf(await wallet.openingTerms(world.engineId));
    },
  );
});

/** @throws Error with each kind of fault once, and one example of it. */
function expectNone(faults: readonly (string | undefined)[]): void {
  const found = new Map<string, string>();
  for (const fault of faults) {
    if (fault === undefined) continue;
    const [request = "", ...rest] = fault.split(": ");
    found.set(`${request.split(" ")[0] ?? ""} ${rest.join(": ")}`, request);
  }
  if (found.size > 0)
    throw new Error([...found].map(([kind, request]) => `${kind} <- ${request}`).join("\n"));
}

describe("the gRPC port", () => {
  const protocol = readProtocol();
  let known: KnownValues;
  const clients: Client[] = [];

  beforeAll(async () => {
    const invoices: string[] = [];
    const hashes: string[] = [];
    for (let count = 0; count < 12; count++) {
      const made = valueOf(
        await world.merchant.createInvoice({
          ...(count % 3 === 0 ? {} : { amountMsat: msat(1_000_000n) }),
          expirySeconds: 3_600,
        }),
      );
      invoices.push(made.request ?? "");
      hashes.push(made.paymentHash);
    }
    known = {
      walletIds: [walletId],
      nodeIds: [wallet.nodeId, world.merchant.nodeId, world.engineId, `02${"11".repeat(32)}`],
      invoices,
      hashes,
      addresses: ["127.0.0.1:1", await world.bitcoind.call<string>("getnewaddress", [], "miner")],
    };
  });
  afterAll(() => {
    for (const client of clients) client.close();
  });

  function clientWith(given: ReturnType<typeof credentials.createSsl>): Client {
    const client = rawClient(world.engine.grpcAddress, given);
    clients.push(client);
    return client;
  }
  const tls = () => world.secrets.tls;
  const authority = (): Buffer => readFileSync(tls().authority);
  const own = (name: "api" | "operator" | "engine") =>
    credentials.createSsl(
      authority(),
      readFileSync(tls()[name].key),
      readFileSync(tls()[name].certificate),
    );

  /** Calls every method with wild requests, a few at a time. */
  async function attack(client: Client, name: string, rounds: number): Promise<readonly Answer[]> {
    const requests = new HostileRequests(`${name}/${seed}`, protocol, known);
    const random = new Random(`deadlines/${name}/${seed}`);
    const answers: Answer[] = [];
    for (let round = 0; round < rounds; round++) {
      const calls = protocol.methods.map((method) =>
        callRaw(
          client,
          method,
          requests.next(method.request),
          random.below(20) === 0 ? undefined : 20_000,
        ),
      );
      answers.push(...(await Promise.all(calls)));
    }
    return answers;
  }

  /** What is wrong with an answer; undefined when nothing is. */
  function faultOf({ method, request, error }: Answer): string | undefined {
    if (error === null) return undefined;
    if (method.streams && error.code === status.CANCELLED) return undefined;
    const failure = serviceErrorToFailure(error);
    const said = `${method.path} ${request.toString("hex").slice(0, 300)}: ${error.message}`;
    if (error.code === status.RESOURCE_EXHAUSTED && request.length > 65_536) return undefined;
    if (error.code === status.INTERNAL || failure.code === "internal_error") return said;
    const registered = findFailureCode(failure.code);
    if (registered === undefined) return `${said} (${failure.code} is not registered)`;
    if (status[grpcStatusOf(failure.code)] !== error.code) return `${said} (wrong status)`;
    return /\n\s+at |\/(?:apps|packages)\//u.test(error.message) ? `${said} (a stack)` : undefined;
  }

  test("reads every method out of the descriptors, and which of them need an operator", () => {
    const services = [WalletServiceService, PaymentServiceService, NodeServiceService];
    const paths = services.flatMap((service) => Object.values(service).map((one) => one.path));
    expect(new Set(protocol.methods.map((method) => method.path))).toEqual(new Set(paths));
    expect(
      protocol.methods
        .filter(({ operatorOnly }) => operatorOnly)
        .map((method) => path.basename(method.path)),
    ).toEqual(expect.arrayContaining(["SendOnChain", "OpenChannel", "CloseChannel", "SetPause"]));
  });

  test.each(["no certificate", "a certificate of another authority"])(
    "answers no call of a client with %s",
    async (kind) => {
      const theirs = issueCertificates(["operator"], Date.now());
      const given =
        kind === "no certificate"
          ? credentials.createSsl(authority())
          : credentials.createSsl(
              authority(),
              Buffer.from(theirs.identities.operator.key),
              Buffer.from(theirs.identities.operator.certificate),
            );
      const answers = await attack(clientWith(given), kind, 1);
      const answered = answers.filter(
        ({ method, error }) =>
          error?.code !== status.UNAVAILABLE &&
          !(method.streams && error?.code === status.CANCELLED),
      );
      expect(answered).toEqual([]);
    },
  );

  test.each(["api", "engine"] as const)(
    "refuses administration to the %s's certificate before anything else, and answers all else cleanly",
    { timeout: 600_000 },
    async (name) => {
      const answers = await attack(clientWith(own(name)), name, 30 * scale);
      expectNone(answers.map(faultOf));
      const administration = answers.filter(
        ({ method, request }) => method.operatorOnly && request.length <= 65_536,
      );
      expect(administration.length).toBeGreaterThan(0);
      const others = administration.filter(
        ({ error }) =>
          error?.code !== status.PERMISSION_DENIED ||
          serviceErrorToFailure(error).code !== "operator_only",
      );
      expect(others).toEqual([]);
      // some calls got through
      expect(answers.filter(({ error }) => error === null).length).toBeGreaterThan(50);
    },
  );

  test("answers the operator's wild requests cleanly", { timeout: 600_000 }, async () => {
    // The pauses that get through would stop the honest payments.
    clearInterval(watching);
    await Promise.all(payments);
    const answers = await attack(clientWith(own("operator")), "operator", 30 * scale);
    for (const kind of [PauseKind.PAYMENTS, PauseKind.CHANNEL_OPENS, PauseKind.FORWARDS]) {
      const resumed = { kind, paused: false, reason: "after the attack" };
      valueOf(await world.engine.client.node.setPause(resumed, callOptions));
    }
    expectNone(answers.map(faultOf));
    await waitFor("a route again", async () => (await payMerchant()) === "succeeded");
  });
});
