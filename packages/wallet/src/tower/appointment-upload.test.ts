import { openJustice } from "@satsconnect/contracts/watchtower";
import type { AppointmentsAdd } from "@satsconnect/contracts/watchtower";
import { silentLogger } from "@satsconnect/lightning";
import type { JusticeItem } from "@satsconnect/lightning";
import { SimulatedClock } from "@satsconnect/lightning/simulation";
import { err, ok, sat } from "@satsconnect/money";
import { base64 } from "@scure/base";
import { beforeEach, expect, test } from "vitest";
import { AppointmentUpload } from "./appointment-upload.ts";

const minute = 60_000;
const txidOf = (number: number): string => number.toString(16).padStart(64, "0");

let clock: SimulatedClock;
let items: JusticeItem[];
let observers: (() => void)[];
let received: AppointmentsAdd[];
let answer: () => "ok" | "refused" | "silent";
let dropped: number;
/** The request that is being answered. */
let latest: AppointmentsAdd | undefined;

beforeEach(() => {
  clock = new SimulatedClock(Date.UTC(2026, 0, 1));
  items = [];
  observers = [];
  received = [];
  answer = () => "ok";
  dropped = 0;
});

function add(...numbers: readonly number[]): void {
  for (const number of numbers)
    items.push({
      number,
      type: "revoked",
      channelId: "c1",
      commitmentTxid: txidOf(number),
      valueSat: sat(1_000n),
      transactions: ["0102", "03"],
    });
  for (const observer of observers) observer();
}

function open(): AppointmentUpload {
  return new AppointmentUpload({
    justice: {
      state: () => ({ waiting: items.length, dropped }),
      list: async (limit) => items.slice(0, limit),
      delivered: async (gone) => {
        items = items.filter(({ number }) => !gone.some((one) => one.number === number));
      },
      observe: (observer) => {
        observers.push(observer);
        return () => {
          observers = observers.filter((one) => one !== observer);
        };
      },
    },
    client: {
      addAppointments: async (request) => {
        latest = request;
        const now = answer();
        if (now !== "silent") received.push(request);
        return now === "ok"
          ? ok({ watching: 0, height: 0 })
          : err(now === "refused" ? "tower_refused" : "tower_unreachable", "no", "safe");
      },
    },
    channelName: (channelId) => `name of ${channelId}`,
    clock,
    logger: silentLogger,
  });
}

test("uploads what waits at the start and what comes later, in order and once", async () => {
  add(1, 2);
  const upload = open();
  await clock.settle();
  add(3);
  items.push({ number: 4, type: "closed", channelId: "c1" });
  await clock.settle();
  expect(received).toHaveLength(1);
  await clock.advance(5_000);
  const opened = received.flatMap(({ appointments }) =>
    appointments.map(({ blob, channel }) => [
      [1, 2, 3].find((one) => openJustice(base64.decode(blob), txidOf(one)) !== undefined),
      channel,
    ]),
  );
  expect(opened).toEqual([1, 2, 3].map((number) => [number, "name of c1"]));
  expect(received.at(-1)?.closed).toEqual(["name of c1"]);
  expect(items).toEqual([]);
  expect(upload.status()).toMatchObject({ state: "current", waiting: 0 });
});

test("keeps what the watchtower has not confirmed, and sends it again after a restart", async () => {
  answer = () => "silent";
  add(1);
  const first = open();
  await clock.settle();
  first.stop();
  await clock.advance(10 * minute);
  expect([received.length, items.length]).toEqual([0, 1]);
  answer = () => "ok";
  open();
  await clock.settle();
  expect([received.length, items.length]).toEqual([1, 0]);
});

test("retries until the watchtower answers, and says that it is behind after a minute", async () => {
  answer = () => "refused";
  const upload = open();
  const states: string[] = [];
  upload.subscribe(({ state }) => states.push(state));
  add(1);
  await clock.advance(30_000);
  expect(upload.status()).toMatchObject({ state: "current", waiting: 1 });
  await clock.advance(3 * minute);
  expect(upload.status()).toMatchObject({ state: "behind", waiting: 1 });
  const tries = received.length;
  await clock.advance(60 * minute);
  // at most every five minutes
  expect(received.length - tries).toBeLessThanOrEqual(13);
  answer = () => "ok";
  await clock.advance(6 * minute);
  expect(upload.status()).toMatchObject({ state: "current", waiting: 0 });
  expect(states.at(-1)).toBe("current");
});

test("stays behind if there was no room for some", async () => {
  dropped = 1;
  const upload = open();
  await clock.settle();
  expect(upload.status()).toMatchObject({ state: "behind", waiting: 0 });
});

test("splits what does not fit into one request", async () => {
  add(...Array.from({ length: 40 }, (_, at) => at + 1));
  open();
  await clock.settle();
  expect(received.map(({ appointments }) => appointments.length)).toEqual([16, 16, 8]);
  expect(items).toEqual([]);
});

test("tells a watchtower that has no more room which channels are closed", async () => {
  let isFull = true;
  add(...Array.from({ length: 30 }, (_, at) => at + 1));
  items.push({ number: 31, type: "closed", channelId: "c1" });
  answer = () => (isFull && (latest?.appointments.length ?? 0) > 0 ? "refused" : "ok");
  open();
  await clock.settle();
  expect(items.map(({ type }) => type)).toEqual(Array.from({ length: 30 }, () => "revoked"));
  expect(received.at(-1)).toEqual({ appointments: [], closed: ["name of c1"] });
  isFull = false;
  await clock.advance(minute);
  expect(items).toEqual([]);
});

test("says that items wait as soon as there are any", () => {
  const upload = open();
  add(1, 2);
  expect(upload.status().waiting).toBe(2);
  upload.stop();
});
