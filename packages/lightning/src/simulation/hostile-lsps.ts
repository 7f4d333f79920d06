import type { Random } from "./random.ts";

/** Type of the messages that carry JSON-RPC between a client and an LSP (LSPS0, bLIP 50). */
const lspsType = 37_913;

const methods: Readonly<Record<string, readonly string[]>> = {
  "lsps0.list_protocols": [],
  "lsps1.get_info": ["token"],
  "lsps1.create_order": [
    ...["lsp_balance_sat", "client_balance_sat", "required_channel_confirmations", "token"],
    ...["funding_confirms_within_blocks", "channel_expiry_blocks", "announce_channel"],
  ],
  "lsps1.get_order": ["order_id"],
  "lsps2.get_info": ["token"],
  "lsps2.buy": ["opening_fee_params", "payment_size_msat"],
  "lsps5.set_webhook": ["app_name", "webhook"],
  "lsps0.\u0000": ["\u202e"],
};

const feeParams = [
  ...["min_fee_msat", "proportional", "valid_until", "min_lifetime", "max_client_to_self_delay"],
  ...["min_payment_size_msat", "max_payment_size_msat", "promise"],
];

function pick<Value>(random: Random, values: readonly Value[]): Value {
  const value = values[random.below(values.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
}

/** A value of any JSON type, often one that a parser or a column mishandles. As JSON text, so that numbers may be huge. */
function wildValue(random: Random, depth: number): string {
  switch (random.below(12)) {
    case 0:
      return "null";
    case 1:
      return pick(random, ["true", "false"]);
    case 2:
      return pick(random, [
        "0",
        "-1",
        "1e400",
        "-0.0",
        "18446744073709551616",
        "1.5",
        "9".repeat(400),
      ]);
    case 3:
      return JSON.stringify(
        pick(random, [
          "",
          "0",
          "-1",
          "1e5",
          "18446744073709551616",
          "9".repeat(5_000),
          " 1",
          "0x10",
        ]),
      );
    case 4:
      return JSON.stringify(
        pick(random, [
          "\u0000",
          "\u202eabc",
          "😀".repeat(200),
          "é".normalize("NFD"),
          "\u2028",
          "%s%n",
        ]),
      );
    case 5:
      return '"\\ud800"';
    case 6:
      return pick(random, [
        '"2035-01-01T00:00:00.000Z"',
        '"0000-00-00T99:99:99Z"',
        '"+292278994-08"',
      ]);
    case 7:
      return depth === 0
        ? "[]"
        : `[${wildValue(random, depth - 1)},${wildValue(random, depth - 1)}]`;
    case 8:
      return depth === 0 ? "{}" : `{"promise":${wildValue(random, depth - 1)}}`;
    case 9: {
      const levels = pick(random, [60, 130, 5_000, 20_000]);
      return "[".repeat(levels) + "]".repeat(levels);
    }
    case 10:
      return JSON.stringify("A".repeat(random.below(30_000)));
    default:
      return String(random.below(1_000_000));
  }
}

function objectOf(
  random: Random,
  names: readonly string[],
  value: (name: string) => string,
): string {
  const fields: string[] = [];
  for (const name of names) {
    const fate = random.below(10);
    if (fate === 0) continue;
    fields.push(`${JSON.stringify(name)}:${value(name)}`);
    if (fate === 1) fields.push(`${JSON.stringify(name)}:${wildValue(random, 1)}`);
  }
  if (random.below(6) === 0) fields.push(`"x":${wildValue(random, 2)}`);
  return `{${fields.join(",")}}`;
}

/** An LSPS request in which fields are missing, repeated, of another type, huge, negative, deep or not Unicode. */
export function hostileLspsRequest(random: Random): Buffer {
  const type = Buffer.alloc(2);
  type.writeUInt16BE(lspsType);
  const method = pick(random, Object.keys(methods));
  const names = methods[method] ?? [];
  const params = objectOf(random, names, (name) =>
    name === "opening_fee_params" && random.below(3) > 0
      ? objectOf(random, feeParams, () => wildValue(random, 1))
      : wildValue(random, 2),
  );
  const text = objectOf(random, ["jsonrpc", "id", "method", "params"], (name) => {
    if (random.below(15) === 0) return wildValue(random, 2);
    if (name === "jsonrpc") return '"2.0"';
    if (name === "id") return JSON.stringify(Buffer.from(random.bytes(10)).toString("hex"));
    return name === "method" ? JSON.stringify(method) : params;
  });
  const body = Buffer.from(text).subarray(0, 65_533);
  if (random.below(8) === 0) body[random.below(Math.max(1, body.length))] = random.below(256);
  const end = random.below(10) === 0 ? random.below(body.length + 1) : body.length;
  return Buffer.concat([type, body.subarray(0, end)]);
}
