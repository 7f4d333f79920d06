import { readFileSync } from "node:fs";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

export type RpcErrorCode = "bitcoind_unreachable" | "bitcoind_refused";

/** Bitcoin Core's JSON-RPC. */
export type BitcoinRpc = {
  readonly call: <Answer>(
    method: string,
    params?: readonly unknown[],
  ) => Promise<RpcResult<Answer>>;
  /** Several calls in one request, answers in the same order. Fails as a whole only when nobody answers. */
  readonly batch: <Answer>(
    calls: readonly { readonly method: string; readonly params: readonly unknown[] }[],
  ) => Promise<Result<readonly RpcResult<Answer>[], RpcErrorCode>>;
};

export type RpcFailure = {
  readonly code: RpcErrorCode;
  readonly message: string;
  readonly retry: "never" | "safe";
  /** Bitcoin Core's error number (`rpc/protocol.h`); 0 when nobody answered. */
  readonly rpcCode: number;
};

export type RpcResult<Answer> =
  | { readonly ok: true; readonly value: Answer }
  | { readonly ok: false; readonly error: RpcFailure };

/** Bitcoin Core's error numbers that mean something to us. */
export const rpcCodes = { notFound: -5, outOfRange: -8, warmingUp: -28 } as const;

export type BitcoindOptions = {
  /** `http://user:password@host:port`; user and password may be absent where there is a cookie. */
  readonly url: string;
  /** Bitcoin Core's `.cookie`, read at each call: it is another one after each of its starts. */
  readonly cookieFile?: string;
  readonly timeoutMs?: number;
};

type Envelope = {
  readonly id: number;
  readonly result: unknown;
  readonly error?: { readonly code: number; readonly message: string } | null;
};

/** The URL without its user and password, and what to send in their place. */
export function rpcEndpoint(options: Pick<BitcoindOptions, "url" | "cookieFile">): {
  readonly url: string;
  readonly authorization: () => string;
} {
  const url = new URL(options.url);
  const inUrl = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = "";
  url.password = "";
  const { cookieFile } = options;
  return {
    url: url.href,
    authorization: () => {
      const credentials =
        cookieFile === undefined ? inUrl : readFileSync(cookieFile, "utf8").trim();
      return `Basic ${Buffer.from(credentials).toString("base64")}`;
    },
  };
}

/** Nothing of the URL's user and password, or of the cookie, appears in failures. */
export function connectBitcoind(options: BitcoindOptions): BitcoinRpc {
  const endpoint = rpcEndpoint(options);
  const timeoutMs = options.timeoutMs ?? 30_000;

  async function post(body: unknown): Promise<Result<unknown, RpcErrorCode>> {
    try {
      const response = await fetch(endpoint.url, {
        method: "POST",
        headers: { authorization: endpoint.authorization(), "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (response.status === 401 || response.status === 403) {
        return err("bitcoind_unreachable", "Bitcoin Core refuses our user and password.", "safe");
      }
      return ok(JSON.parse(await response.text()));
    } catch {
      return err("bitcoind_unreachable", "Bitcoin Core does not answer.", "safe");
    }
  }

  return {
    async call<Answer>(method: string, params: readonly unknown[] = []) {
      const answer = await post({ jsonrpc: "1.0", id: 0, method, params });
      return answer.ok ? open<Answer>(answer.value) : silent<Answer>(answer.error.message);
    },
    async batch<Answer>(
      calls: readonly { readonly method: string; readonly params: readonly unknown[] }[],
    ) {
      if (calls.length === 0) return ok([]);
      const answer = await post(calls.map((call, id) => ({ jsonrpc: "1.0", id, ...call })));
      if (!answer.ok) return answer;
      if (!Array.isArray(answer.value)) {
        return err("bitcoind_unreachable", "Bitcoin Core's answer cannot be read.", "safe");
      }
      const byId = new Map(answer.value.map((one: Envelope) => [one.id, one]));
      return ok(calls.map((_call, id) => open<Answer>(byId.get(id))));
    },
  };
}

function silent<Answer>(message: string, rpcCode = 0): RpcResult<Answer> {
  return {
    ok: false,
    error: { code: "bitcoind_unreachable", message, retry: "safe", rpcCode },
  };
}

function open<Answer>(answer: unknown): RpcResult<Answer> {
  if (typeof answer !== "object" || answer === null) {
    return silent("Bitcoin Core's answer cannot be read.");
  }
  const { error, result } = answer as Envelope;
  if (error === null || error === undefined) return { ok: true, value: result as Answer };
  // While it starts it refuses everything: that says nothing about what was asked.
  if (error.code === rpcCodes.warmingUp) {
    return silent(`Bitcoin Core is starting: ${error.message}`, error.code);
  }
  return {
    ok: false,
    error: {
      code: "bitcoind_refused",
      message: error.message,
      retry: "never",
      rpcCode: error.code,
    },
  };
}
