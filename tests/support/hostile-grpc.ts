import { readFileSync } from "node:fs";
import path from "node:path";
import { Client, Metadata } from "@grpc/grpc-js";
import type { ChannelCredentials, ServiceError } from "@grpc/grpc-js";
import { Random } from "@satsconnect/lightning/simulation";
import { root } from "../../scripts/support/paths.ts";

/*
 * Requests for the engine's gRPC services that no client of ours sends, made from the descriptors in `proto/`. The seed
 * decides everything.
 */

type ProtoField = {
  readonly name: string;
  readonly number: number;
  /** A scalar type, an enum or a message. */
  readonly type: string;
};

export type ProtoMethod = {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly request: string;
  readonly streams: boolean;
  /** Its documentation says that it needs an operator's certificate. */
  readonly operatorOnly: boolean;
};

export type Protocol = {
  readonly methods: readonly ProtoMethod[];
  readonly messages: ReadonlyMap<string, readonly ProtoField[]>;
};

/** Reads the descriptors of the engine's three services. */
export function readProtocol(): Protocol {
  const methods: ProtoMethod[] = [];
  const messages = new Map<string, ProtoField[]>();
  for (const name of ["wallet", "payment", "node"]) {
    const file = path.join(root, `packages/contracts/proto/satsconnect/${name}/v1/${name}.proto`);
    const text = readFileSync(file, "utf8");
    const [, namespace = ""] = /^package ([\w.]+);/mu.exec(text) ?? [];
    const [, service = ""] = /^service (\w+)/mu.exec(text) ?? [];
    for (const found of text.matchAll(
      /((?: *\/\/.*\n)*) *rpc (\w+)\((\w+)\) returns \((stream )?\w+\)/gu,
    )) {
      const [, comment = "", method = "", request = "", stream] = found;
      methods.push({
        path: `/${namespace}.${service}/${method}`,
        request,
        streams: stream !== undefined,
        operatorOnly: /Needs an operator's\s+(?:\/\/ )?client certificate/u.test(comment),
      });
    }
    let message: ProtoField[] = [];
    for (const line of text.split("\n")) {
      const opened = /^message (\w+) \{/u.exec(line)?.[1];
      if (opened !== undefined) messages.set(opened, (message = []));
      const field = /^ +(?:optional |repeated )?(\w+) (\w+) = (\d+);/u.exec(line);
      if (field === null) continue;
      const [, type = "", fieldName = "", number = ""] = field;
      message.push({ type, name: fieldName, number: Number(number) });
    }
  }
  return { methods, messages };
}

/** Values that exist at the engine, so that requests also get past the checks of their form. */
export type KnownValues = {
  readonly walletIds: readonly string[];
  readonly nodeIds: readonly string[];
  readonly invoices: readonly string[];
  /** Payment hashes, and ids of channels and transactions. */
  readonly hashes: readonly string[];
  readonly addresses: readonly string[];
};

const edges: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 6n, 144n, 253n, 600n, 1_000n, 20_000n, 5_000_000n, 2_016n, 16_777_216n],
  ...[2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n],
  ...[2_100_000_000_000_000n, 2_100_000_000_000_000_000n, 2n ** 64n - 1n],
];

const wildTexts: readonly Buffer[] = [
  ...[
    "",
    "\u0000",
    "a\u0000b",
    "'; DROP TABLE wallet; --",
    "__proto__",
    "../../etc/passwd",
    "%s%n",
  ],
  ...["\u202e", "😀".repeat(50), "\u2028", "é".normalize("NFD"), " ", "\n", "-1", "null", "NaN"],
  ...["A".repeat(20_000), "lnbcrt1", "LIGHTNING:lnbcrt1qqqq", "02", "localhost:0", "[::]:65536"],
].map((text) => Buffer.from(text));

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** Builds requests. One generator is one sequence. */
export class HostileRequests {
  readonly #random: Random;
  readonly #protocol: Protocol;
  readonly #known: KnownValues;
  #keys = 0;

  constructor(seed: string, protocol: Protocol, known: KnownValues) {
    this.#random = new Random(`grpc/${seed}`);
    this.#protocol = protocol;
    this.#known = known;
  }

  /** The bytes of a request: well formed with wild values, or not even a protobuf message. */
  next(request: string): Buffer {
    const random = this.#random;
    const message = this.#message(request, 0);
    switch (random.below(16)) {
      case 0:
        return Buffer.from(random.bytes(random.below(200)));
      case 1:
        return message.subarray(0, random.below(message.length + 1));
      case 2:
        return Buffer.concat([message, this.#field(random.below(40), random.below(8))]);
      case 3:
        // groups in groups, as deep as a message may be long
        return Buffer.alloc([50, 150, 5_000, 60_000][random.below(4)] ?? 50, 0x0b);
      case 4:
        return random.below(4) === 0 ? Buffer.alloc(70_000, 7) : Buffer.concat([message, message]);
      case 5: {
        const changed = Buffer.from(message);
        if (changed.length > 0) changed[random.below(changed.length)] = random.below(256);
        return changed;
      }
      default:
        return message;
    }
  }

  #pick<Value>(values: readonly Value[]): Value | undefined {
    return values[this.#random.below(values.length)];
  }

  #message(name: string, depth: number): Buffer {
    const parts: Buffer[] = [];
    for (const { number, type, name: field } of this.#protocol.messages.get(name) ?? []) {
      // Also both fields of a `oneof`, of which the last one counts.
      if (this.#random.below(8) === 0) continue;
      switch (type) {
        case "uint32":
        case "uint64":
        case "int64":
          parts.push(varint(BigInt(number * 8)), varint(this.#number(field)));
          break;
        case "bool":
          parts.push(varint(BigInt(number * 8)), varint(BigInt(this.#random.below(3))));
          break;
        case "string":
        case "bytes":
          parts.push(this.#delimited(number, this.#text(field)));
          break;
        default:
          if (this.#protocol.messages.has(type)) {
            if (depth < 3) parts.push(this.#delimited(number, this.#message(type, depth + 1)));
          } else {
            const value = this.#random.below(4) === 0 ? this.#number(field) : undefined;
            parts.push(varint(BigInt(number * 8)), varint(value ?? BigInt(this.#random.below(5))));
          }
      }
    }
    return Buffer.concat(parts);
  }

  #delimited(number: number, value: Buffer): Buffer {
    return Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(value.length)), value]);
  }

  #field(number: number, wireType: number): Buffer {
    return Buffer.concat([
      varint(BigInt(number * 8 + wireType)),
      Buffer.from(this.#random.bytes(this.#random.below(20))),
    ]);
  }

  #number(field: string): bigint {
    if (this.#random.below(2) === 0) return this.#pick(edges) ?? 0n;
    if (field === "expiry_seconds") return 600n;
    if (field === "hold_blocks") return 144n;
    return field.endsWith("_msat") ? 1_000_000n : BigInt(this.#random.below(50_000));
  }

  #text(field: string): Buffer {
    const random = this.#random;
    if (random.below(6) === 0) return this.#pick(wildTexts) ?? Buffer.alloc(0);
    if (random.below(20) === 0) return Buffer.from(random.bytes(random.below(64)));
    const known = this.#known;
    switch (field) {
      case "idempotency_key":
        return Buffer.from(`fuzz:${String((this.#keys += random.below(3) === 0 ? 0 : 1))}`);
      case "wallet_id":
        return Buffer.from(this.#pick(known.walletIds) ?? "");
      case "node_id":
      case "peer_node_id":
      case "expected_node_id":
        return Buffer.from(random.below(3) === 0 ? "" : (this.#pick(known.nodeIds) ?? ""));
      case "invoice":
        return this.#invoice();
      case "payment_hash":
      case "channel_id":
      case "txid":
        return Buffer.from(
          random.below(4) === 0
            ? Buffer.from(random.bytes(32)).toString("hex")
            : (this.#pick(known.hashes) ?? ""),
        );
      case "preimage":
        return Buffer.from(random.bytes(random.below(2) === 0 ? 32 : 0));
      case "address":
        return Buffer.from(this.#pick(known.addresses) ?? "");
      default:
        return Buffer.from("a fuzzed text");
    }
  }

  #invoice(): Buffer {
    const invoice = Buffer.from(this.#pick(this.#known.invoices) ?? "");
    if (this.#random.below(3) > 0 || invoice.length === 0) return invoice;
    invoice[this.#random.below(invoice.length)] = 97 + this.#random.below(26);
    return invoice;
  }
}

export type Answer = {
  readonly method: ProtoMethod;
  readonly request: Buffer;
  readonly error: ServiceError | null;
};

const bytes = (value: Buffer): Buffer => value;

/** Sends bytes as a request. A stream is cancelled after its first message, or (CANCELLED) after a short while. */
export function callRaw(
  client: Client,
  method: ProtoMethod,
  request: Buffer,
  deadlineMs: number | undefined,
): Promise<Answer> {
  const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
  return new Promise((resolve) => {
    const done = (error: ServiceError | null): void => resolve({ method, request, error });
    if (!method.streams) {
      client.makeUnaryRequest(method.path, bytes, bytes, request, new Metadata(), options, done);
      return;
    }
    const stream = client.makeServerStreamRequest(
      method.path,
      bytes,
      bytes,
      request,
      new Metadata(),
      options,
    );
    const timer = setTimeout(() => stream.cancel(), 300);
    stream.on("data", () => {
      done(null);
      stream.cancel();
    });
    stream.on("error", (error: ServiceError) => {
      clearTimeout(timer);
      done(error);
    });
    stream.on("end", () => {
      clearTimeout(timer);
      done(null);
    });
  });
}

export function rawClient(address: string, credentials: ChannelCredentials): Client {
  return new Client(address, credentials, { "grpc.ssl_target_name_override": "localhost" });
}
