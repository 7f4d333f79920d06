import { generateKeyPairSync } from "node:crypto";
import { createDaraja } from "../adapters/daraja/daraja.ts";
import type { Daraja } from "../adapters/daraja/daraja.ts";
import { createMemoryRailTokenStore } from "../testing/memory-rail-token-store.ts";
import { callbackUrl } from "./mpesa.ts";
import type { SimulatedMpesa } from "./mpesa.ts";
import type { Scheduler } from "./scheduler.ts";

/** Short, because it protects nothing here and every request is encrypted with it. */
const keys = generateKeyPairSync("rsa", { modulusLength: 1_024 });
const certificate = keys.publicKey.export({ type: "spki", format: "pem" }).toString();

/** The real adapter, as one process uses it, over the simulated M-Pesa's bytes. */
export function connectDaraja(
  mpesa: SimulatedMpesa,
  scheduler: Scheduler,
  isRunning: () => boolean,
): Daraja {
  const never = new Promise<never>(() => {});
  const send: typeof fetch = async (url, init) => {
    if (!isRunning()) return never;
    const { status, text } = await mpesa.request(String(url), bodyOf(init));
    if (!isRunning()) return never;
    // Only what the gateway reads: a real response is read in the background, out of the simulated time.
    return { status, text: async () => text } as Response;
  };
  return createDaraja({
    baseUrl: "https://daraja.test",
    consumerKey: "key",
    consumerSecret: "secret",
    shortcode: "600310",
    passkey: "passkey",
    payoutShortcode: "600311",
    initiatorName: "testapi",
    initiatorPassword: "password",
    certificate,
    urlFor: callbackUrl,
    tokens: createMemoryRailTokenStore(scheduler.now),
    // Waits for a budget are real time.
    budget: { take: async () => 0, pause: async () => {} },
    now: scheduler.now,
    elapsed: scheduler.now,
    log: { warn: () => {} },
    fetch: send,
  });
}

function bodyOf(init: RequestInit | undefined): string | null {
  return typeof init?.body === "string" ? init.body : null;
}
