import { hexToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBlockHeader } from "./block-header.ts";
import type { BlockHeader } from "./block-header.ts";
import {
  checkedChild,
  firstPoint,
  headerRules,
  isPlausibleHeight,
  isPlausibleTarget,
  requiredBits,
  retarget,
  retargetInterval,
  trustedChild,
  workOf,
} from "./difficulty.ts";
import type { ChainPoint, HeaderRules } from "./difficulty.ts";
import { decodeBits, encodeBits } from "./target.ts";
import { coinbaseHeight } from "./transaction.ts";

/** Headers of Bitcoin's chain. Each is checked against its hash. */
const mainnet: readonly (readonly [number, string, string])[] = [
  [
    0,
    "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c",
  ],
  [
    1,
    "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048",
    "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299",
  ],
  [
    2015,
    "00000000693067b0e6b440bc51450b9f3850561b07f6d3c021c54fbd6abb9763",
    "01000000e25509cde707c3d02a693e4fe9e7cdd57c38a0d2c8d6341f20dae84b000000000c113df1185e162ee92d031fe21d1400ff7d705a3e9b9c860eea855313cd8ca26c087f49ffff001d30b73231",
  ],
  [
    2016,
    "00000000a141216a896c54f211301c436e557a8d55900637bbdce14c6c7bddef",
    "010000006397bb6abd4fc521c0d3f6071b5650389f0b4551bc40b4e6b067306900000000ace470aecda9c8818c8fe57688cd2a772b5a57954a00df0420a7dd546b6d2c576b0e7f49ffff001d33f0192f",
  ],
  [
    30240,
    "000000000fa8bfa0f0dd32f956b874b2c7f1772c5fbedcb1b35e03335c7fb0a8",
    "01000000e6bf7fd7f7790a63786faa878d0dc7fd8f2ff365732e45862c66075100000000700d342f65c7b6834dffb615358a1897016f0448913372190cbe3d27a4b53355b1512b4bffff001dbfb02519",
  ],
  [
    32255,
    "00000000984f962134a7291e3693075ae03e521f0ee33378ec30a334d860034b",
    "0100000049c1daab3b6536ff1b2633c3a316a6e06ec287676cdeec4ca7baae6b00000000ac10b36b8f354b3353207de15940a5edbc05bb8364af75b4b5409e7823f2b48923ec3a4bffff001dbd5fa412",
  ],
  [
    32256,
    "000000004f2886a170adb7204cb0c7a824217dd24d11a74423d564c4e0904967",
    "010000004b0360d834a330ec7833e30e1f523ee05a0793361e29a73421964f980000000027b64a020af294e903feed93768705336a20090612a043f47af462a2f5e5b564f8ee3a4b6ad8001dd3a43707",
  ],
  [
    34271,
    "000000005e36047e39452a7beaaa6721048ac408a3e75bb60a8b0008713653ce",
    "01000000405b203f92ee8012fffad48424cd52827504c06ca717cb7cd7aa69bc00000000a02521744962eccce06cb7187d2451f0dee624a291da2bf9c12ce786d92fa673b2a94b4b6ad8001dc0a41815",
  ],
  [
    34272,
    "000000002732d387256b57cabdcb17767e3d30e220ea73f844b1907c0b5919ea",
    "01000000ce53367108008b0ab65be7a308c48a042167aaea7b2a45397e04365e0000000040fbd504d61cb1a110826bca68c81d41736908dcbdb3f65154bfaf9c92cf50d9c5aa4b4b28c4001dfe665c05",
  ],
  [
    554400,
    "000000000000000000043c0b1ba0e06f1569ff7cebca6a78a84f4025712067ae",
    "00004020d3b2d7d61ad2d95ffbd556d9e00f07877423600a8da015000000000000000000d192743a2c190a7421f92fefe92505579d7b8eda568cacee13b25751ac704c669d83195cf41e371721bae3e7",
  ],
  [
    556415,
    "00000000000000000008f4f64baaa9b28d4476f2a000c459df492d5664320b12",
    "00000020bc7d388bea14dab9caa937b909caecd6ece36e3c6589200000000000000000007c0900cf1a9b40411141859b98bf95fb9d414f49044e08acff21fa54506022a4e6492a5cf41e3717d2864679",
  ],
  [
    556416,
    "0000000000000000002a531985d49cdb5adcd1db0578845a233a3a2cfdefdf8f",
    "00000020120b3264562d49df59c400a0f276448db2a9aa4bf6f4080000000000000000005cb4b52150fe7dec217b74db424e442ef8b24105c244ebaeb59f638db9c48ef3c94f2a5ca5183217b412a530",
  ],
  [
    800000,
    "00000000000000000002a7c4c1e48d76c5a37902165a270156b7a8d72728a054",
    "00601d3455bb9fbd966b3ea2dc42d0c22722e4c0c1729fad17210100000000000000000055087fab0c8f3f89f8bcfd4df26c504d81b0a88e04907161838c0c53001af09135edbd64943805175e955e06",
  ],
];

function header(height: number): BlockHeader {
  const [, hash, hex = ""] = mainnet.find(([one]) => one === height) ?? [];
  const read = readBlockHeader(hexToBytes(hex));
  if (read === undefined || read.hash !== hash) throw new Error(`no header ${height}`);
  return read;
}

test("reads Bitcoin's headers, which hash to their ids", () => {
  for (const [height, hash] of mainnet) expect(header(height).hash).toBe(hash);
  expect(header(800_000)).toMatchObject({ bits: 0x1705_3894, timeSeconds: 1_690_168_629 });
});

describe("Bitcoin's retargets", () => {
  /** The last block of a period, given the real first one. */
  const lastOf = (first: number, last: number): ChainPoint => ({
    ...firstPoint(last, header(last)),
    period: { timeSeconds: header(first).timeSeconds, bits: header(first).bits },
  });

  test.each([
    [0, 2015, 2016],
    [30_240, 32_255, 32_256],
    [32_256, 34_271, 34_272],
    [554_400, 556_415, 556_416],
  ])("the period from %i to %i gives block %i its target", (first, last, next) => {
    const parent = lastOf(first, last);
    const child = header(next);
    const rules = headerRules.bitcoin;
    expect(requiredBits(parent, child.timeSeconds, rules)).toBe(child.bits);
    expect(checkedChild(parent, child, rules, child.timeSeconds)).toMatchObject({
      ok: true,
      value: { height: next, work: workOf(parent.bits) + workOf(child.bits) },
    });
  });

  test("a period whose first block is not known is not passed over", () => {
    const parent = { ...lastOf(30_240, 32_255), period: undefined };
    expect(
      checkedChild(parent, header(32_256), headerRules.bitcoin, header(32_256).timeSeconds),
    ).toMatchObject({ ok: false, error: { code: "chain_header_invalid" } });
  });

  test("change a target at most fourfold, and never pass the easiest", () => {
    const bits = 0x1b04_04cb;
    expect(retarget(bits, 1, 0x1d00_ffff)).toBe(encodeBits((decodeBits(bits) ?? 0n) / 4n));
    expect(retarget(bits, 1, 0x1d00_ffff)).toBe(retarget(bits, 302_400, 0x1d00_ffff));
    expect(decodeBits(retarget(bits, 1e9, 0x1d00_ffff))).toBe((decodeBits(bits) ?? 0n) * 4n);
    expect(retarget(0x1d00_ffff, 1e9, 0x1d00_ffff)).toBe(0x1d00_ffff);
    expect(retarget(bits, -5, 0x1d00_ffff)).toBe(retarget(bits, 0, 0x1d00_ffff));
  });
});

describe("the compact form of a target", () => {
  test("round trips: cutting a target to it never makes it easier, and cuts less than 1/32768", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: (1n << 255n) - 1n }), (target) => {
        const again = decodeBits(encodeBits(target)) ?? -1n;
        expect(again <= target).toBe(true);
        expect((target - again) * 32_768n < target).toBe(true);
        expect(encodeBits(again)).toBe(encodeBits(target));
      }),
    );
  });

  test("is refused when zero, negative or larger than 256 bits", () => {
    expect(decodeBits(0)).toBeUndefined();
    expect(decodeBits(0x0100_3456)).toBeUndefined();
    expect(decodeBits(0x1d80_ffff)).toBeUndefined();
    expect(decodeBits(0xff12_3456)).toBeUndefined();
    expect(decodeBits(0x2300_0001)).toBeUndefined();
    expect(decodeBits(0x2200_00ff)).toBe(0xffn << 248n);
    expect(decodeBits(0x2200_0100)).toBeUndefined();
  });

  test("has the values that Bitcoin Core's tests name", () => {
    expect(decodeBits(0x0112_3456)).toBe(0x12n);
    expect(decodeBits(0x0412_3456)).toBe(0x1234_5600n);
    expect(encodeBits(0x80n)).toBe(0x0200_8000);
    expect(encodeBits(0x1234_5600n)).toBe(0x0412_3456);
    expect(encodeBits(decodeBits(0x2012_3456) ?? 0n)).toBe(0x2012_3456);
  });
});

/** A header as the rules see it. Its work is `readBlockHeader`'s subject. */
function child(parent: ChainPoint, timeSeconds: number, bits: number): BlockHeader {
  const height = parent.height + 1;
  return {
    hash: `${height}/${timeSeconds}/${bits}`,
    previousHash: parent.hash,
    timeMs: timeSeconds * 1_000,
    timeSeconds,
    merkleRoot: "",
    bits,
  };
}

/** A chain of the rules' own targets, from the start of a period. */
function chainOf(rules: HeaderRules, blocks: number, spacing: number, bits: number): ChainPoint {
  const start = { ...child({ height: -1, hash: "" } as ChainPoint, 1_000_000, bits) };
  let point = firstPoint(retargetInterval, start);
  for (let count = 1; count < blocks; count++) {
    const time = point.timeSeconds + spacing;
    const next = checkedChild(
      point,
      child(point, time, requiredBits(point, time, rules) ?? 0),
      rules,
      time,
    );
    if (!next.ok) throw new Error(next.error.message);
    point = next.value;
  }
  return point;
}

describe("a header", () => {
  const rules = headerRules.bitcoin;
  const bits = 0x1b04_04cb;
  const tip = chainOf(rules, 20, 600, bits);
  const now = tip.timeSeconds + 600;
  const check = (one: BlockHeader, by: HeaderRules = rules) => checkedChild(tip, one, by, now);

  test.each([
    ["of its own choice of target", child(tip, now, 0x1d00_ffff)],
    ["with a harder target than required", child(tip, now, 0x1a04_04cb)],
    ["of another parent", { ...child(tip, now, bits), previousHash: "other" }],
    ["at the median of the last eleven", child(tip, tip.timeSeconds - 5 * 600, bits)],
    ["more than two hours ahead of the clock", child(tip, now + 7_201, bits)],
  ])("%s is refused", (_, one) => {
    expect(check(one)).toMatchObject({
      ok: false,
      error: { code: "chain_header_invalid", retry: "safe" },
    });
  });

  test("just within the limits of time is taken", () => {
    expect(check(child(tip, tip.timeSeconds - 5 * 600 + 1, bits)).ok).toBe(true);
    expect(check(child(tip, now + 7_200, bits)).ok).toBe(true);
  });

  test("on a test network may have the easiest target after 20 minutes, and the next one has not", () => {
    const { testnet } = headerRules;
    const last = chainOf(testnet, 20, 600, bits);
    const late = last.timeSeconds + 1_201;
    const easy = checkedChild(last, child(last, late, testnet.limitBits), testnet, late);
    if (!easy.ok) throw new Error(easy.error.message);
    expect(checkedChild(last, child(last, late - 1, testnet.limitBits), testnet, late).ok).toBe(
      false,
    );
    expect(requiredBits(easy.value, late + 600, testnet)).toBe(bits);
    expect(requiredBits(easy.value, late + 1_201, testnet)).toBe(testnet.limitBits);
    expect(checkedChild(last, child(last, late, testnet.limitBits), rules, late).ok).toBe(false);
  });

  test("on testnet4 retargets from the period's first block, on testnet from its last", () => {
    const ends = (by: HeaderRules) => chainOf(by, retargetInterval, 1_201, bits);
    const testnet = ends(headerRules.testnet);
    expect(testnet.bits).toBe(headerRules.testnet.limitBits);
    const time = testnet.timeSeconds + 600;
    expect(requiredBits(testnet, time, headerRules.testnet)).toBe(headerRules.testnet.limitBits);
    const testnet4 = ends(headerRules.testnet4);
    const required = requiredBits(testnet4, time, headerRules.testnet4) ?? 0;
    expect(required).toBe(retarget(bits, 1_201 * 2_015, headerRules.testnet4.limitBits));
    const warped = child(testnet4, testnet4.timeSeconds - 601, required);
    expect(checkedChild(testnet4, warped, headerRules.testnet4, time).ok).toBe(false);
  });

  test("on regtest always has the easiest target", () => {
    const { regtest } = headerRules;
    const last = chainOf(regtest, 2 * retargetInterval, 1, regtest.limitBits);
    expect(last.bits).toBe(regtest.limitBits);
    const time = last.timeSeconds + 1;
    expect(checkedChild(last, child(last, time, 0x2100_ffff), regtest, time).ok).toBe(false);
  });

  test("of a chain that keeps its target while time runs fast is refused at the period's end", () => {
    const last = chainOf(rules, retargetInterval, 60, bits);
    const time = last.timeSeconds + 60;
    expect(checkedChild(last, child(last, time, bits), rules, time).ok).toBe(false);
    expect(
      checkedChild(last, child(last, time, retarget(bits, 1, rules.limitBits)), rules, time).ok,
    ).toBe(true);
  });
});

test("work adds up, and a child of another block is none", () => {
  const parent = firstPoint(0, header(0));
  expect(parent.work).toBe(0x1_0001_0001n);
  expect(trustedChild(parent, header(1))).toMatchObject({ height: 1, work: 0x2_0002_0002n });
  expect(trustedChild(parent, header(2016))).toBeUndefined();
});

test("a coinbase names its height since BIP 34", () => {
  const of = (script: string, spends = `${"00".repeat(32)}ffffffff`): number | undefined =>
    coinbaseHeight(
      hexToBytes(
        `0100000001${spends}${(script.length / 2).toString(16).padStart(2, "0")}${script}ffffffff010000000000000000015100000000`,
      ),
    );
  expect(of("0300350c04ffff")).toBe(800_000);
  expect(of("02c80000")).toBe(200);
  expect(of("5100")).toBe(1);
  expect(of("6000")).toBe(16);
  expect(of("0300350c04ffff", `${"01".repeat(32)}ffffffff`)).toBeUndefined();
  expect(of("05010203040506")).toBeUndefined();
  expect(of("0300")).toBeUndefined();
  expect(coinbaseHeight(new Uint8Array(10))).toBeUndefined();
});

test("where links end, a block is measured by the milestone", () => {
  const rules = headerRules.bitcoin;
  expect(isPlausibleTarget(header(800_000).bits, rules)).toBe(true);
  expect(isPlausibleTarget(header(556_416).bits, rules)).toBe(false);
  expect(isPlausibleTarget(0x207f_ffff, rules)).toBe(false);
  expect(isPlausibleTarget(0x2100_ffff, headerRules.regtest)).toBe(false);
  expect(isPlausibleTarget(0x207f_ffff, headerRules.regtest)).toBe(true);
  // block 840,000
  expect(isPlausibleHeight(840_000, 1_713_571_767, rules)).toBe(true);
  expect(isPlausibleHeight(5_000_000, 1_767_225_600, rules)).toBe(false);
  expect(isPlausibleHeight(5_000_000, 1_767_225_600, headerRules.regtest)).toBe(true);
});
