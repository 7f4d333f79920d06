import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cloneEncoding } from "../port/encoding.ts";
import { hostWallet } from "./wallet-client.ts";
import type { HostedWallet } from "./wallet-client.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A home that falls as soon as it is there: a core that cannot be loaded, a worker that the browser takes away. */
function falling(): { readonly hosted: HostedWallet; readonly lives: () => number } {
  let lives = 0;
  const hosted = hostWallet({
    startHome: (_session, onDeath) => {
      lives += 1;
      setTimeout(onDeath, 20);
      return {
        pipe: { post: () => undefined, listen: () => undefined, close: () => undefined },
        encoding: cloneEncoding(),
        serve: async () => null,
        kill: () => undefined,
      };
    },
    newSession: () => "session",
    seed: new Uint8Array(64),
    apiUrl: "https://operator.example",
    device: { id: "d", name: "phone" },
    claim: async () => undefined,
    release: () => undefined,
  });
  return { hosted, lives: () => lives };
}

test("a home that falls now and then is started again without a word", async () => {
  const { hosted, lives } = falling();
  await vi.advanceTimersByTimeAsync(500);
  expect(lives()).toBeGreaterThan(1);
  expect(hosted.client.snapshot().phase).toBe("starting");
});

test("a home that falls again and again is told as one that does not start, and is still tried", async () => {
  const { hosted, lives } = falling();
  await vi.advanceTimersByTimeAsync(12_000);
  expect(hosted.client.snapshot()).toMatchObject({
    phase: "failed",
    failure: { code: "home_falls" },
  });
  const before = lives();
  await vi.advanceTimersByTimeAsync(40_000);
  expect(lives()).toBeGreaterThan(before);
  expect(hosted.client.snapshot().phase).toBe("failed");
});

test("who asks for it starts one anew at once", async () => {
  const { hosted, lives } = falling();
  await vi.advanceTimersByTimeAsync(12_000);
  const before = lives();
  expect(await hosted.client.call("retry", {})).toMatchObject({ ok: true });
  expect(lives()).toBe(before + 1);
  expect(hosted.client.snapshot().phase).toBe("starting");
});

test("a payment that was asked for when another tab took over is not told as one that was not made", async () => {
  const hosted = hostWallet({
    startHome: () => ({
      pipe: { post: () => undefined, listen: () => undefined, close: () => undefined },
      encoding: cloneEncoding(),
      serve: async () => null,
      kill: () => undefined,
    }),
    newSession: () => "session",
    seed: new Uint8Array(64),
    apiUrl: "https://operator.example",
    device: { id: "d", name: "phone" },
    claim: async () => undefined,
    release: () => undefined,
  });
  const sent = hosted.client.call("send", { invoice: "lnbcrt1" });
  const later = hosted.client.call("sendLater", { invoice: "lnbcrt1" });
  const taken = hosted.client.call("takeBack", { paymentHash: "00" });
  const read = hosted.client.call("history", { limit: 10 });
  hosted.replaced();
  expect(await sent).toMatchObject({ ok: false, error: { code: "other_tab", retry: "unknown" } });
  expect(await later).toMatchObject({ ok: false, error: { retry: "unknown" } });
  expect(await taken).toMatchObject({ ok: false, error: { retry: "unknown" } });
  expect(await read).toMatchObject({ ok: false, error: { code: "other_tab", retry: "never" } });
  expect(await hosted.client.call("send", { invoice: "lnbcrt1" })).toMatchObject({
    error: { code: "other_tab", retry: "never" },
  });
});
