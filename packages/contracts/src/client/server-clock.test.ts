import { describe, expect, test } from "vitest";
import { createServerClock } from "./server-clock.ts";

const start = Date.UTC(2026, 10, 30, 12, 0, 0);
const minute = 60_000;

/** A device whose clock is `aheadMs` off, and a server that answers after `takesMs`. */
function device(aheadMs: number, takesMs = 200, dated = true) {
  let real = start;
  const clock = createServerClock(() => real + aheadMs);
  const send = clock.observing(async () => {
    real += takesMs;
    const headers = dated ? { date: new Date(real).toUTCString() } : {};
    return new Response("{}", { headers });
  });
  return { clock, send, real: () => real };
}

describe("the server's time", () => {
  test.each([3 * minute, -61 * minute, 36 * 60 * minute])(
    "is known to a phone that is %d ms off after one answer",
    async (aheadMs) => {
      const { clock, send, real } = device(aheadMs);
      await send("https://api.test/");
      expect(Math.abs(clock.now() - real())).toBeLessThan(1_000);
      expect(Math.abs(clock.aheadMs() + aheadMs)).toBeLessThan(1_000);
    },
  );

  test("is this device's own while they differ by seconds only", async () => {
    const { clock, send } = device(3_000);
    await send("https://api.test/");
    expect(clock.aheadMs()).toBe(0);
  });

  test("is not read from an answer that was under way for long, or has no date", async () => {
    for (const { clock, send } of [device(3 * minute, 20_000), device(3 * minute, 200, false)]) {
      await send("https://api.test/");
      expect(clock.aheadMs()).toBe(0);
    }
  });

  test("follows a clock that is set right", async () => {
    let aheadMs = 3 * minute;
    const clock = createServerClock(() => start + aheadMs);
    const send = clock.observing(
      async () => new Response("{}", { headers: { date: new Date(start).toUTCString() } }),
    );
    await send("https://api.test/");
    expect(clock.aheadMs()).not.toBe(0);
    aheadMs = 0;
    await send("https://api.test/");
    expect(clock.aheadMs()).toBe(0);
  });
});
