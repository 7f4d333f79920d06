import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

export type FoundOperator = {
  /** URL of its API, without a path. */
  readonly server: string;
  readonly network: string;
  readonly nodeId: string;
};

type AddressCode = "server_malformed" | "server_insecure";
export type OperatorCode =
  | AddressCode
  | "server_blocked"
  | "server_silent"
  | "server_not_ours"
  | "server_without_node";

const timeoutMs = 10_000;
/** Hosts for which plain http is accepted: this machine, and 10.0.2.2, the host as an Android emulator sees it. */
const localHosts = ["localhost", "127.0.0.1", "10.0.2.2"];

/** Parses the operator's URL as typed. A name without a scheme means https. */
export function parseServerUrl(input: string): Result<string, AddressCode> {
  const text = input.trim();
  const parts = /^(?:(https?):\/\/)?([a-z0-9.-]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?\/?$/iu.exec(text);
  const [, scheme = "https", host = "", port] = parts ?? [];
  if (parts === null || host.startsWith(".") || host.startsWith("-") || Number(port ?? 1) > 65_535)
    return err("server_malformed", "Not a valid URL.", "never");
  if (scheme.toLowerCase() === "http" && !localHosts.includes(host.toLowerCase()))
    return err("server_insecure", "Use https.", "never");
  const isUsual = port === (scheme.toLowerCase() === "http" ? "80" : "443");
  const tail = port === undefined || isUsual ? "" : `:${port}`;
  return ok(`${scheme}://${host}${tail}`.toLowerCase());
}

/** Checks that a SatsConnect operator answers at an address. Sends nothing about the wallet. */
export async function checkOperator(
  input: string,
  fetchFn: typeof fetch = fetch,
): Promise<Result<FoundOperator, OperatorCode>> {
  const server = parseServerUrl(input);
  if (!server.ok) return server;
  const watch = watchPolicy(server.value);
  try {
    const response = await fetchFn(`${server.value}/api/info`, {
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const info: unknown = response.ok ? await response.json().catch(() => null) : null;
    return operatorIn(server.value, info);
  } catch {
    return (await watch.blocked())
      ? err("server_blocked", "The page's content security policy blocks this address.", "never")
      : err("server_silent", "No answer from this address.", "safe");
  } finally {
    watch.stop();
  }
}

function operatorIn(server: string, info: unknown): Result<FoundOperator, OperatorCode> {
  const { network, node, limits } = recordOf(info);
  if (typeof network !== "string" || node === undefined || limits === undefined)
    return err("server_not_ours", "No SatsConnect operator answered at this address.", "never");
  if (node === null)
    return err("server_without_node", "The operator's node cannot be reached.", "safe");
  const { id } = recordOf(node);
  if (typeof id !== "string" || !/^0[23][0-9a-f]{64}$/u.test(id))
    return err("server_not_ours", "No SatsConnect operator answered at this address.", "never");
  return ok({ server, network, nodeId: id });
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** Reports whether the content security policy blocked a request; the error of `fetch` does not say so. */
function watchPolicy(server: string): {
  readonly blocked: () => Promise<boolean>;
  readonly stop: () => void;
} {
  const page = globalThis.document as Document | undefined;
  let isBlocked = false;
  const onViolation = (event: SecurityPolicyViolationEvent) => {
    if (event.blockedURI.startsWith(server)) isBlocked = true;
  };
  page?.addEventListener("securitypolicyviolation", onViolation);
  return {
    blocked: async () => {
      // the event is dispatched in a task of its own, possibly after the rejection
      if (page !== undefined && !isBlocked) await new Promise((done) => setTimeout(done, 100));
      return isBlocked;
    },
    stop: () => page?.removeEventListener("securitypolicyviolation", onViolation),
  };
}
