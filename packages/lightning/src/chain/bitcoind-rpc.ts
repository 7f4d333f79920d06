import { err } from "@satsconnect/money";
import { chainPolicy } from "../model/policy.ts";

type RpcFailure = {
  readonly unreachable: boolean;
  readonly code: number;
  readonly message: string;
};
export type RpcAnswer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: RpcFailure };

export type Rpc = <Value>(method: string, params?: readonly unknown[]) => Promise<RpcAnswer<Value>>;

export function unreachable() {
  return err("chain_unreachable", "Bitcoin Core did not answer.", "safe");
}

/** A client for the RPC of a Bitcoin Core. */
export function connectRpc(options: { readonly url: string; readonly fetch?: typeof fetch }): Rpc {
  const url = new URL(options.url);
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = `Basic ${btoa(credentials)}`;
  url.username = "";
  url.password = "";
  const send = options.fetch ?? fetch;
  return async (method: string, params: readonly unknown[] = []) => {
    try {
      const response = await send(url, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "1.0", id: 1, method, params }),
        signal: AbortSignal.timeout(chainPolicy.bitcoindTimeoutMs),
      });
      const answer = (await response.json()) as {
        // `never` is assignable to the result type that the caller names
        readonly result: never;
        readonly error: { readonly code: number; readonly message: string } | null;
      };
      // -28: Bitcoin Core is still starting up
      if (answer.error !== null) {
        return { ok: false, failure: { unreachable: answer.error.code === -28, ...answer.error } };
      }
      return { ok: true, value: answer.result };
    } catch (error) {
      const message = error instanceof Error ? error.message : "no answer";
      return { ok: false, failure: { unreachable: true, code: 0, message } };
    }
  };
}
