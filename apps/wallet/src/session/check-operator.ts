import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

export type FoundOperator = {
  /** Its API, without a path. */
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

const patienceMs = 10_000;
/** Where nobody stands between: this machine, and the machine around an emulator. */
const nearby = ["localhost", "127.0.0.1", "10.0.2.2"];

/** The operator's address out of what was typed. A name without a scheme means https. */
export function parseServerUrl(given: string): Result<string, AddressCode> {
  const text = given.trim();
  const parts = /^(?:(https?):\/\/)?([a-z0-9.-]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?\/?$/iu.exec(text);
  const [, scheme = "https", host = "", port] = parts ?? [];
  if (parts === null || host.startsWith(".") || host.startsWith("-") || Number(port ?? 1) > 65_535)
    return err("server_malformed", "This is no address.", "never");
  if (scheme.toLowerCase() === "http" && !nearby.includes(host.toLowerCase()))
    return err("server_insecure", "Only https is safe.", "never");
  const isUsual = port === (scheme.toLowerCase() === "http" ? "80" : "443");
  const tail = port === undefined || isUsual ? "" : `:${port}`;
  return ok(`${scheme}://${host}${tail}`.toLowerCase());
}

/** Asks an address whether an operator is there. Nothing of the wallet is told. */
export async function checkOperator(
  given: string,
  fetchIt: typeof fetch = fetch,
): Promise<Result<FoundOperator, OperatorCode>> {
  const server = parseServerUrl(given);
  if (!server.ok) return server;
  const watch = watchPolicy(server.value);
  try {
    const response = await fetchIt(`${server.value}/api/info`, {
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(patienceMs),
    });
    const info: unknown = response.ok ? await response.json().catch(() => null) : null;
    return operatorIn(server.value, info);
  } catch {
    return (await watch.blocked())
      ? err("server_blocked", "The page's own policy forbids it.", "never")
      : err("server_silent", "There was no answer.", "safe");
  } finally {
    watch.stop();
  }
}

function operatorIn(server: string, info: unknown): Result<FoundOperator, OperatorCode> {
  const { network, node, limits } = recordOf(info);
  if (typeof network !== "string" || node === undefined || limits === undefined)
    return err("server_not_ours", "This is no operator.", "never");
  if (node === null) return err("server_without_node", "Its node cannot be reached.", "safe");
  const { id } = recordOf(node);
  if (typeof id !== "string" || !/^0[23][0-9a-f]{64}$/u.test(id))
    return err("server_not_ours", "This is no operator.", "never");
  return ok({ server, network, nodeId: id });
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** A browser tells a page only by an event that its policy was the reason. */
function watchPolicy(server: string): {
  readonly blocked: () => Promise<boolean>;
  readonly stop: () => void;
} {
  const page = globalThis.document as Document | undefined;
  let isBlocked = false;
  const heard = (event: SecurityPolicyViolationEvent) => {
    if (event.blockedURI.startsWith(server)) isBlocked = true;
  };
  page?.addEventListener("securitypolicyviolation", heard);
  return {
    blocked: async () => {
      // the event comes in a task of its own, which may be after the refusal
      if (page !== undefined && !isBlocked) await new Promise((done) => setTimeout(done, 100));
      return isBlocked;
    },
    stop: () => page?.removeEventListener("securitypolicyviolation", heard),
  };
}
