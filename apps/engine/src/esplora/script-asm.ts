/** Names of the opcodes from `firstNamed` (0x61) on, as in rust-bitcoin, which electrs uses. */
const names = (
  "NOP VER IF NOTIF VERIF VERNOTIF ELSE ENDIF VERIFY RETURN TOALTSTACK FROMALTSTACK 2DROP 2DUP 3DUP 2OVER 2ROT 2SWAP " +
  "IFDUP DEPTH DROP DUP NIP OVER PICK ROLL ROT SWAP TUCK CAT SUBSTR LEFT RIGHT SIZE INVERT AND OR XOR EQUAL " +
  "EQUALVERIFY RESERVED1 RESERVED2 1ADD 1SUB 2MUL 2DIV NEGATE ABS NOT 0NOTEQUAL ADD SUB MUL DIV MOD LSHIFT RSHIFT " +
  "BOOLAND BOOLOR NUMEQUAL NUMEQUALVERIFY NUMNOTEQUAL LESSTHAN GREATERTHAN LESSTHANOREQUAL GREATERTHANOREQUAL MIN " +
  "MAX WITHIN RIPEMD160 SHA1 SHA256 HASH160 HASH256 CODESEPARATOR CHECKSIG CHECKSIGVERIFY CHECKMULTISIG " +
  "CHECKMULTISIGVERIFY NOP1 CLTV CSV NOP4 NOP5 NOP6 NOP7 NOP8 NOP9 NOP10 CHECKSIGADD"
).split(" ");
const firstNamed = 0x61;

function nameOf(opcode: number): string {
  if (opcode === 0x4f) return "OP_PUSHNUM_NEG1";
  if (opcode === 0x50) return "OP_RESERVED";
  if (opcode > 0x50 && opcode <= 0x60) return `OP_PUSHNUM_${String(opcode - 0x50)}`;
  const name = names[opcode - firstNamed];
  return name === undefined ? `OP_RETURN_${String(opcode)}` : `OP_${name}`;
}

/** Disassembles a script as electrs does (rust-bitcoin's `to_asm_string`). */
export function scriptAsm(hex: string): string {
  const script = Buffer.from(hex, "hex");
  const words: string[] = [];
  let at = 0;
  while (at < script.length) {
    const opcode = script[at] ?? 0;
    at += 1;
    if (opcode === 0) {
      words.push("OP_0");
    } else if (opcode < 0x4f) {
      const lengthBytes = opcode <= 0x4b ? 0 : 2 ** (opcode - 0x4c);
      if (at + lengthBytes > script.length) return [...words, "<unexpected end>"].join(" ");
      const length = lengthBytes === 0 ? opcode : script.readUIntLE(at, lengthBytes);
      at += lengthBytes;
      words.push(
        lengthBytes === 0 ? `OP_PUSHBYTES_${String(length)}` : `OP_PUSHDATA${String(lengthBytes)}`,
      );
      if (at + length > script.length) return [...words, "<push past end>"].join(" ");
      if (length > 0) words.push(script.toString("hex", at, at + length));
      at += length;
    } else {
      words.push(nameOf(opcode));
    }
  }
  return words.join(" ");
}

const patterns: readonly (readonly [string, RegExp])[] = [
  ["empty", /^$/u],
  ["op_return", /^6a/u],
  ["p2pk", /^(?:21(?:02|03)[0-9a-f]{64}|4104[0-9a-f]{128})ac$/u],
  ["p2pkh", /^76a914[0-9a-f]{40}88ac$/u],
  ["p2sh", /^a914[0-9a-f]{40}87$/u],
  ["v0_p2wpkh", /^0014[0-9a-f]{40}$/u],
  ["v0_p2wsh", /^0020[0-9a-f]{64}$/u],
  ["v1_p2tr", /^5120[0-9a-f]{64}$/u],
];

/** The script's type in electrs's naming. */
export function scriptType(hex: string): string {
  return patterns.find(([, pattern]) => pattern.test(hex))?.[0] ?? "unknown";
}

/**
 * The data of a script's last push, in hex; null when the script does not end in one. In the scriptSig of an input
 * that spends P2SH, it is the redeem script.
 */
export function lastPush(hex: string): string | null {
  const words = scriptAsm(hex).split(" ");
  const last = words.at(-1) ?? "";
  const isData = words.at(-2)?.startsWith("OP_PUSH") === true && /^[0-9a-f]+$/u.test(last);
  return isData ? last : null;
}
