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

/** A worker that crashes 20 ms after each start. */
function crashing(): { readonly hosted: HostedWallet; readonly starts: () => number } {
  let starts = 0;
  const hosted = hostWallet({
    startWorker: (_session, onExit) => {
      starts += 1;
      setTimeout(onExit, 20);
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
  return { hosted, starts: () => starts };
}

test("restarts a worker that crashed without reporting a failure", async () => {
  const { hosted, starts } = crashing();
  await vi.advanceTimersByTimeAsync(500);
  expect(starts()).toBeGreaterThan(1);
  expect(hosted.client.snapshot().phase).toBe("starting");
});

test("reports a worker that crashes repeatedly as failed, and keeps restarting it", async () => {
  const { hosted, starts } = crashing();
  await vi.advanceTimersByTimeAsync(12_000);
  expect(hosted.client.snapshot()).toMatchObject({
    phase: "failed",
    failure: { code: "home_falls" },
  });
  const before = starts();
  await vi.advanceTimersByTimeAsync(40_000);
  expect(starts()).toBeGreaterThan(before);
  expect(hosted.client.snapshot().phase).toBe("failed");
});

test("restarts the worker at once on `retry`", async () => {
  const { hosted, starts } = crashing();
  await vi.advanceTimersByTimeAsync(12_000);
  const before = starts();
  expect(await hosted.client.call("retry", {})).toMatchObject({ ok: true });
  expect(starts()).toBe(before + 1);
  expect(hosted.client.snapshot().phase).toBe("starting");
});

test("reports an unknown outcome for changing calls that were pending when another tab took over", async () => {
  const hosted = hostWallet({
    startWorker: () => ({
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
  const cancelled = hosted.client.call("cancelQueuedSend", { paymentHash: "00" });
  const read = hosted.client.call("history", { limit: 10 });
  hosted.replaced();
  expect(await sent).toMatchObject({ ok: false, error: { code: "other_tab", retry: "unknown" } });
  expect(await later).toMatchObject({ ok: false, error: { retry: "unknown" } });
  expect(await cancelled).toMatchObject({ ok: false, error: { retry: "unknown" } });
  expect(await read).toMatchObject({ ok: false, error: { code: "other_tab", retry: "never" } });
  expect(await hosted.client.call("send", { invoice: "lnbcrt1" })).toMatchObject({
    error: { code: "other_tab", retry: "never" },
  });
});
