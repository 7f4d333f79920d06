import { expect, test } from "vitest";
import { lastPush, scriptAsm, scriptType } from "./script-asm.ts";

const hash20 = "ab".repeat(20);
const hash32 = "cd".repeat(32);

// Disassembly and types as on blockstream.info.
test.each([
  [
    "p2pkh",
    `76a914${hash20}88ac`,
    `OP_DUP OP_HASH160 OP_PUSHBYTES_20 ${hash20} OP_EQUALVERIFY OP_CHECKSIG`,
  ],
  ["p2sh", `a914${hash20}87`, `OP_HASH160 OP_PUSHBYTES_20 ${hash20} OP_EQUAL`],
  ["v0_p2wpkh", `0014${hash20}`, `OP_0 OP_PUSHBYTES_20 ${hash20}`],
  ["v0_p2wsh", `0020${hash32}`, `OP_0 OP_PUSHBYTES_32 ${hash32}`],
  ["v1_p2tr", `5120${hash32}`, `OP_PUSHNUM_1 OP_PUSHBYTES_32 ${hash32}`],
  ["op_return", "6a24aa21a9ed" + hash32, `OP_RETURN OP_PUSHBYTES_36 aa21a9ed${hash32}`],
  ["p2pk", `2102${hash32}ac`, `OP_PUSHBYTES_33 02${hash32} OP_CHECKSIG`],
  ["unknown", "51024e73", "OP_PUSHNUM_1 OP_PUSHBYTES_2 4e73"],
  ["unknown", "4f60b175b2", "OP_PUSHNUM_NEG1 OP_PUSHNUM_16 OP_CLTV OP_DROP OP_CSV"],
  ["empty", "", ""],
])("disassembles a %s script as electrs does", (type, script, asm) => {
  expect(scriptType(script)).toBe(type);
  expect(scriptAsm(script)).toBe(asm);
});

test("disassembles long pushes and truncated scripts", () => {
  expect(scriptAsm(`4c50${"ee".repeat(80)}`)).toBe(`OP_PUSHDATA1 ${"ee".repeat(80)}`);
  expect(scriptAsm(`4d0001${"ee".repeat(256)}`)).toBe(`OP_PUSHDATA2 ${"ee".repeat(256)}`);
  expect(scriptAsm("05aabb")).toBe("OP_PUSHBYTES_5 <push past end>");
  expect(scriptAsm("4d01")).toBe("<unexpected end>");
});

test("finds the redeem script of a nested witness input", () => {
  expect(lastPush(`160014${hash20}`)).toBe(`0014${hash20}`);
  expect(lastPush("ac")).toBeNull();
  expect(lastPush("")).toBeNull();
});
