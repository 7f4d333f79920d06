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
  /**
   * Sends several calls in one HTTP request; results are in the order of the calls. Each call fails on its own; the
   * whole batch fails only when there is no valid JSON-RPC answer.
   */
  readonly batch: <Answer>(
    calls: readonly { readonly method: string; readonly params: readonly unknown[] }[],
  ) => Promise<Result<readonly RpcResult<Answer>[], RpcErrorCode>>;
};

export type RpcFailure = {
  readonly code: RpcErrorCode;
  readonly message: string;
  readonly retry: "never" | "safe";
  /** Bitcoin Core's error code (`rpc/protocol.h`); 0 when there was no valid answer. */
  readonly rpcCode: number;
};

export type RpcResult<Answer> =
  | { readonly ok: true; readonly value: Answer }
  | { readonly ok: false; readonly error: RpcFailure };

/** The Bitcoin Core error codes that are handled specially. */
export const rpcCodes = { notFound: -5, outOfRange: -8, warmingUp: -28 } as const;

export type BitcoindOptions = {
  /** `http://user:password@host:port`; with a cookie file, user and password may be omitted. */
  readonly url: string;
  /** Bitcoin Core's `.cookie`, read for every call because Bitcoin Core replaces it at each start. */
  readonly cookieFile?: string;
  readonly timeoutMs?: number;
};

type Envelope = {
  readonly id: number;
  readonly result: unknown;
  readonly error?: { readonly code: number; readonly message: string } | null;
};

/** Splits the URL into a URL without credentials and the `Authorization` header to send with it. */
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

/** A client for Bitcoin Core's JSON-RPC. Its errors never contain the URL's credentials or the cookie. */
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
        return err(
          "bitcoind_unreachable",
          "Bitcoin Core rejects the RPC user or password.",
          "safe",
        );
      }
      return ok(JSON.parse(await response.text()));
    } catch {
      return err("bitcoind_unreachable", "Bitcoin Core does not answer.", "safe");
    }
  }

  return {
    async call<Answer>(method: string, params: readonly unknown[] = []) {
      const answer = await post({ jsonrpc: "1.0", id: 0, method, params });
      return answer.ok ? resultOf<Answer>(answer.value) : unreachable<Answer>(answer.error.message);
    },
    async batch<Answer>(
      calls: readonly { readonly method: string; readonly params: readonly unknown[] }[],
    ) {
      if (calls.length === 0) return ok([]);
      const answer = await post(calls.map((call, id) => ({ jsonrpc: "1.0", id, ...call })));
      if (!answer.ok) return answer;
      if (!Array.isArray(answer.value)) {
        return err("bitcoind_unreachable", "Bitcoin Core's answer is not valid JSON-RPC.", "safe");
      }
      const byId = new Map(answer.value.map((one: Envelope) => [one.id, one]));
      return ok(calls.map((_call, id) => resultOf<Answer>(byId.get(id))));
    },
  };
}

function unreachable<Answer>(message: string, rpcCode = 0): RpcResult<Answer> {
  return {
    ok: false,
    error: { code: "bitcoind_unreachable", message, retry: "safe", rpcCode },
  };
}

function resultOf<Answer>(answer: unknown): RpcResult<Answer> {
  if (typeof answer !== "object" || answer === null) {
    return unreachable("Bitcoin Core's answer is not valid JSON-RPC.");
  }
  const { error, result } = answer as Envelope;
  if (error === null || error === undefined) return { ok: true, value: result as Answer };
  // While starting, Bitcoin Core refuses every call, so the error says nothing about the request.
  if (error.code === rpcCodes.warmingUp) {
    return unreachable(`Bitcoin Core is starting: ${error.message}`, error.code);
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
