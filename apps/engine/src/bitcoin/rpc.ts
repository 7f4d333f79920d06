import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

export type RpcErrorCode = "bitcoind_unreachable" | "bitcoind_refused";

/** One call of Bitcoin Core's JSON-RPC. `refused` carries Core's own number and words in `detail`. */
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

export type RpcResult<Answer> =
  | { readonly ok: true; readonly value: Answer }
  | {
      readonly ok: false;
      readonly error: {
        readonly code: RpcErrorCode;
        readonly message: string;
        readonly retry: "never" | "safe";
        /** Bitcoin Core's error number; 0 when nobody answered. */
        readonly rpcCode: number;
      };
    };

type Envelope = {
  readonly id: number;
  readonly result: unknown;
  readonly error: { readonly code: number; readonly message: string } | null;
};

/** `url` with user and password: `http://user:password@host:port`. Nothing of it appears in failures. */
export function connectBitcoind(url: string, timeoutMs = 30_000): BitcoinRpc {
  const parsed = new URL(url);
  const credentials = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
  const authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
  parsed.username = "";
  parsed.password = "";

  async function post(body: unknown): Promise<Result<unknown, RpcErrorCode>> {
    try {
      const response = await fetch(parsed, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
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

  function open<Answer>(envelope: Envelope): RpcResult<Answer> {
    if (envelope.error === null || envelope.error === undefined) {
      return { ok: true, value: envelope.result as Answer };
    }
    return {
      ok: false,
      error: {
        code: "bitcoind_refused",
        message: envelope.error.message,
        retry: "never",
        rpcCode: envelope.error.code,
      },
    };
  }

  return {
    async call<Answer>(method: string, params: readonly unknown[] = []) {
      const answer = await post({ jsonrpc: "1.0", id: 0, method, params });
      if (!answer.ok) return { ok: false, error: { ...answer.error, retry: "safe", rpcCode: 0 } };
      return open<Answer>(answer.value as Envelope);
    },
    async batch<Answer>(
      calls: readonly { readonly method: string; readonly params: readonly unknown[] }[],
    ) {
      if (calls.length === 0) return ok([]);
      const answer = await post(calls.map((call, id) => ({ jsonrpc: "1.0", id, ...call })));
      if (!answer.ok) return answer;
      const byId = new Map((answer.value as readonly Envelope[]).map((one) => [one.id, one]));
      return ok(
        calls.map((_call, id): RpcResult<Answer> => {
          const envelope = byId.get(id);
          if (envelope !== undefined) return open<Answer>(envelope);
          return {
            ok: false,
            error: {
              code: "bitcoind_refused",
              message: "no answer to this call",
              retry: "never",
              rpcCode: 0,
            },
          };
        }),
      );
    },
  };
}
