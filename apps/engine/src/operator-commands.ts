import { randomBytes } from "node:crypto";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import { ChannelCloseState, OnChainBump } from "@satsconnect/contracts/grpc/node";
import type { GetStateKeysResponse, OnChainTransaction } from "@satsconnect/contracts/grpc/node";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

export const usage = `Usage: node apps/engine/src/operator-cli.ts COMMAND

  treasury                      coins, reserve, channels, caps and feerates
  address                       a new address of the treasury
  send ADDRESS                  sends coins on chain
      --amount SAT | --all      all: everything but the anchor reserve
      --max-fee SAT             nothing is sent if it would cost more
      --blocks N | --sat-per-vbyte RATE
                                confirm within about N blocks (default 6)
      --key KEY                 repeats an earlier send safely
  bump TXID                     raises the fee of a transaction that waits
      --max-fee SAT, --blocks N | --sat-per-vbyte RATE, --key KEY
  transactions [--waiting]      the treasury's transactions
  connect NODE ADDRESS          connects to a peer: node id, and host:port or URL
  channels                      open channels
  close CHANNEL [--force]       starts to close a channel
  closed                        channels that have closed
  rotate-state-key              uses the last key of STATE_KEY_FILE from now on
  state-keys                    the keys of the node's state, and which may be removed

The connection comes from ENGINE_ADDRESS (host:port), ENGINE_TLS_CA, OPERATOR_TLS_CERT and OPERATOR_TLS_KEY (files).
`;

export type Options = {
  readonly amount?: string | undefined;
  readonly all?: boolean | undefined;
  readonly "sat-per-vbyte"?: string | undefined;
  readonly blocks?: string | undefined;
  readonly "max-fee"?: string | undefined;
  readonly key?: string | undefined;
  readonly force?: boolean | undefined;
  readonly waiting?: boolean | undefined;
};

const terms = { deadlineMs: 60_000 };
const defaultBlocks = 6;

/** Runs one command. The text is for a person. */
export async function runCommand(
  engine: EngineClient,
  positionals: readonly string[],
  options: Options,
): Promise<Result<string>> {
  const [command, subject, address] = positionals;
  const { node } = engine;
  switch (command) {
    case "treasury":
      return map(await node.getTreasury({}, terms), (treasury) => json(treasury));
    case "address":
      return map(await node.newAddress({}, terms), ({ address }) => address);
    case "send":
      return subject === undefined ? needs("an address") : send(engine, subject, options);
    case "bump":
      return subject === undefined ? needs("a transaction id") : bump(engine, subject, options);
    case "transactions": {
      const waiting = options.waiting ?? false;
      const listed = await node.listOnChainTransactions({ waiting, limit: 0 }, terms);
      return map(listed, ({ transactions }) =>
        transactions.length === 0 ? "none" : transactions.map(line).join("\n"),
      );
    }
    case "connect": {
      if (subject === undefined || address === undefined) return needs("a node id and an address");
      return map(await node.connectPeer({ nodeId: subject, address }, terms), () => "connected");
    }
    case "channels":
      return map(await node.listChannels({ peerNodeId: "" }, terms), ({ channels }) =>
        json(channels),
      );
    case "close": {
      if (subject === undefined) return needs("a channel id");
      const force = options.force ?? false;
      const closing = await node.closeChannel({ channelId: subject, force }, terms);
      return map(closing, ({ state }) =>
        state === ChannelCloseState.FORCE_CLOSING
          ? "force-closing: our balance is locked for the peer's delay; see `closed`"
          : "closing: see `channels` until it is gone, then `closed`",
      );
    }
    case "closed":
      return map(await node.listClosedChannels({ limit: 0 }, terms), ({ channels }) =>
        json(channels),
      );
    case "rotate-state-key":
      return map(
        await node.rotateStateKey({}, terms),
        ({ keyId }) =>
          `rotating: new values are under ${keyId}; keep all old keys until \`state-keys\` says that they may be removed`,
      );
    case "state-keys":
      return map(await node.getStateKeys({}, terms), stateKeys);
    default:
      return err("invalid_request", `There is no command "${command ?? ""}".\n${usage}`, "never");
  }
}

async function send(
  engine: EngineClient,
  address: string,
  options: Options,
): Promise<Result<string>> {
  const fee = feeOf(options);
  if (!fee.ok) return fee;
  if ((options.amount === undefined) === (options.all !== true)) {
    return needs("exactly one of --amount and --all");
  }
  const amountSat = options.amount === undefined ? undefined : amountOf(options.amount);
  if (amountSat?.ok === false) return amountSat;
  const idempotencyKey = keyOf(options, "send");
  const sent = await engine.node.sendOnChain(
    {
      idempotencyKey,
      address,
      amount:
        amountSat === undefined
          ? { $case: "all", value: true }
          : { $case: "amountSat", value: amountSat.value },
      ...fee.value,
    },
    terms,
  );
  return withKey(sent, idempotencyKey);
}

async function bump(engine: EngineClient, txid: string, options: Options): Promise<Result<string>> {
  const fee = feeOf(options);
  if (!fee.ok) return fee;
  const idempotencyKey = keyOf(options, "bump");
  return withKey(
    await engine.node.bumpFee({ idempotencyKey, txid, ...fee.value }, terms),
    idempotencyKey,
  );
}

/** The key is shown also after a failure: only with it may the same send be repeated when its outcome is unknown. */
function withKey(
  sent: Result<{ readonly txid: string; readonly feeSat: bigint }>,
  key: string,
): Result<string> {
  if (sent.ok) return ok(`${sent.value.txid} (fee ${sent.value.feeSat} sat, key ${key})`);
  const { code, message, retry } = sent.error;
  return err(
    code,
    retry === "unknown" ? `${message} Repeat the command with --key ${key}.` : message,
    retry,
  );
}

function keyOf({ key }: Options, purpose: string): string {
  return key ?? `${purpose}-${randomBytes(8).toString("hex")}`;
}

type Fee = {
  readonly fee:
    | { readonly $case: "feeRateSatPerKwu"; readonly value: number }
    | { readonly $case: "confirmationTargetBlocks"; readonly value: number };
  readonly maxFeeSat: bigint;
};

function feeOf(options: Options): Result<Fee, "invalid_request"> {
  const maxFee = options["max-fee"];
  if (maxFee === undefined) return needs("--max-fee, in satoshis");
  const maxFeeSat = amountOf(maxFee);
  if (!maxFeeSat.ok) return maxFeeSat;
  const rate = options["sat-per-vbyte"];
  if (rate !== undefined && options.blocks !== undefined) {
    return needs("only one of --blocks and --sat-per-vbyte");
  }
  const [value, $case] =
    rate === undefined
      ? [Number(options.blocks ?? defaultBlocks), "confirmationTargetBlocks" as const]
      : // a virtual byte is four weight units
        [Math.ceil(Number(rate) * 250), "feeRateSatPerKwu" as const];
  if (!Number.isSafeInteger(value) || value <= 0)
    return needs("a positive number of blocks or sat");
  return ok({ fee: { $case, value }, maxFeeSat: maxFeeSat.value });
}

function amountOf(text: string): Result<bigint, "invalid_request"> {
  return /^[1-9]\d{0,15}$/u.test(text) ? ok(BigInt(text)) : needs("whole satoshis");
}

function needs(what: string): { readonly ok: false; readonly error: Failed } {
  return err("invalid_request", `The command needs ${what}. --help shows all commands.`, "never");
}
type Failed = Extract<Result<never, "invalid_request">, { ok: false }>["error"];

function map<Value>(result: Result<Value>, text: (value: Value) => string): Result<string> {
  return result.ok ? ok(text(result.value)) : result;
}

function stateKeys({ keys, rotation }: GetStateKeysResponse): string {
  const lines = keys.map(({ keyId, current, inFile, values, emptiedAtMs }) => {
    const state = current
      ? "current"
      : emptiedAtMs === 0n
        ? "old, still needed"
        : inFile
          ? "old, may be removed from STATE_KEY_FILE"
          : "old, removed";
    return `${keyId} ${values} values, ${state}${inFile || emptiedAtMs > 0n ? "" : ", MISSING in STATE_KEY_FILE"}`;
  });
  if (rotation !== undefined) {
    const { keyId, finishedAtMs, looked, replaced, failure } = rotation;
    const state =
      finishedAtMs > 0n
        ? `finished ${new Date(Number(finishedAtMs)).toISOString()}`
        : failure === ""
          ? "running"
          : `stopped: ${failure}`;
    lines.push(`rotation to ${keyId}: ${state}; ${looked} looked at, ${replaced} encrypted again`);
  }
  return lines.join("\n");
}

function line(transaction: OnChainTransaction): string {
  const {
    txid,
    receivedSat,
    sentSat,
    feeSat,
    confirmations,
    feeRateSatPerKwu,
    bump: by,
  } = transaction;
  const change = receivedSat - sentSat;
  const fee =
    feeSat === 0n ? "" : `, fee ${feeSat} sat (${(feeRateSatPerKwu / 250).toFixed(1)} sat/vB)`;
  const how = {
    [OnChainBump.REPLACEMENT]: ", can be replaced",
    [OnChainBump.CHILD]: ", takes a child",
  };
  const bumped = by === OnChainBump.REPLACEMENT || by === OnChainBump.CHILD ? how[by] : "";
  const state = confirmations === 0 ? "waits" : `${confirmations} confirmations`;
  return `${txid} ${change > 0n ? "+" : ""}${change} sat, ${state}${fee}${bumped}`;
}

function json(value: unknown): string {
  return JSON.stringify(
    value,
    (_, field: unknown) => (typeof field === "bigint" ? field.toString() : field),
    2,
  );
}
