import { expect, test } from "vitest";
import { Places } from "./places.ts";
import type { PlaceHolder } from "./places.ts";

function world(limits = { total: 10, keptForKnown: 4, graceMs: 2_000 }) {
  let now = 0;
  const dropped: string[] = [];
  const places = new Places(limits, () => now);
  const come = (name: string, range: string | undefined, known = false) => {
    const holder: PlaceHolder = { range, known, since: now, drop: () => dropped.push(name) };
    return { holder, admitted: places.admit(holder) };
  };
  return { places, dropped, come, wait: (ms: number) => (now += ms) };
}

test("a flood from one range displaces only itself, and others get in at once", () => {
  const { come, dropped, wait } = world();
  for (let index = 0; index < 10; index++) come(`flood-${index}`, "a");
  // within the grace the flood cannot even displace itself
  expect(come("flood-10", "a").admitted).toBe(false);
  expect(come("honest-1", "b").admitted).toBe(true);
  expect(come("honest-2", "c").admitted).toBe(true);
  expect(dropped).toEqual(["flood-0", "flood-1"]);
  wait(2_000);
  for (let index = 11; index < 60; index++) come(`flood-${index}`, "a");
  expect(dropped.filter((name) => name.startsWith("honest"))).toEqual([]);
});

test("with one holder a range, whoever has been idle longest gives up, after the grace", () => {
  const { come, dropped, wait } = world();
  const first = come("0", "range-0");
  for (let index = 1; index < 10; index++) {
    wait(1);
    come(String(index), `range-${index}`);
  }
  expect(come("early", "range-x").admitted).toBe(false);
  wait(1_999);
  first.holder.since = 2_000;
  expect(come("late", "range-x").admitted).toBe(true);
  expect(dropped).toEqual(["1"]);
});

test("the unknown never take the places of the known, nor the known all places of the unknown", () => {
  const { come, dropped, places, wait } = world();
  for (let index = 0; index < 4; index++) come(`known-${index}`, `k${index}`, true);
  for (let index = 0; index < 200; index++) {
    wait(2_000);
    come(`unknown-${index}`, `u${index}`);
  }
  expect(dropped.some((name) => name.startsWith("known"))).toBe(false);
  expect(places.size).toBe(10);
  dropped.length = 0;
  for (let index = 4; index < 200; index++) {
    wait(2_000);
    come(`known-${index}`, `k${index}`, true);
  }
  expect(dropped.some((name) => name.startsWith("unknown"))).toBe(false);
});

test("a place that nobody of its share uses serves the others until it is wanted", () => {
  const { come, dropped } = world();
  for (let index = 0; index < 10; index++) come(`unknown-${index}`, `u${index}`);
  // the known take their share at once, whatever the grace
  for (let index = 0; index < 4; index++)
    expect(come(`known-${index}`, "k", true).admitted).toBe(true);
  expect(dropped).toEqual(["unknown-0", "unknown-1", "unknown-2", "unknown-3"]);
});

test("holders without an address are ranges of their own", () => {
  const { come, dropped, wait } = world();
  for (let index = 0; index < 10; index++) come(String(index), undefined);
  wait(2_000);
  expect(come("next", undefined).admitted).toBe(true);
  expect(dropped).toEqual(["0"]);
});
