import { vssGlobalVersionKey } from "@satsconnect/contracts/vss";
import type {
  VssClient,
  VssFailureCode,
  VssKeyValue,
  VssListResponse,
  VssPutRequest,
} from "@satsconnect/contracts/vss";
import type { Clock } from "@satsconnect/lightning";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

/** One VSS store in memory with the server's rules, shared by several simulated devices. */
export class MemoryVss {
  readonly objects = new Map<string, { version: bigint; value: Uint8Array }>();
  version = 0n;
  writes = 0;
  bytesWritten = 0;
  /** Called for each successful write, in order of arrival. */
  onWrite: (request: VssPutRequest) => void = () => {};

  write(request: VssPutRequest): Result<void, VssFailureCode> {
    const { globalVersion, transactionItems: puts, deleteItems: deletes } = request;
    const conflict = err("conflict", "the stored version has changed", "never");
    if (globalVersion !== undefined && globalVersion !== this.version) return conflict;
    const isAsKnown = ({ key, version }: VssKeyValue): boolean =>
      version === -1n || version === (this.objects.get(key)?.version ?? 0n);
    if (!puts.every(isAsKnown)) return conflict;
    if (!deletes.every((item) => this.objects.has(item.key) && isAsKnown(item))) return conflict;
    for (const { key } of deletes) this.objects.delete(key);
    for (const { key, version, value } of puts)
      this.objects.set(key, { version: version === -1n ? 1n : version + 1n, value: value.slice() });
    if (globalVersion !== undefined) this.version += 1n;
    const size = puts.reduce((sum, { value }) => sum + value.length, 0);
    this.writes += 1;
    this.bytesWritten += size;
    this.onWrite(request);
    return ok(undefined);
  }

  read(key: string): Result<VssKeyValue, VssFailureCode> {
    if (key === vssGlobalVersionKey)
      return ok({ key, version: this.version, value: new Uint8Array() });
    const found = this.objects.get(key);
    return found === undefined
      ? err("no_such_key", "no such key", "never")
      : ok({ key, version: found.version, value: found.value.slice() });
  }

  get byteCount(): number {
    let sum = 0;
    for (const { value } of this.objects.values()) sum += value.length;
    return sum;
  }

  list(prefix: string): Result<VssListResponse, VssFailureCode> {
    const names = [...this.objects.keys()].filter((name) => name.startsWith(prefix));
    return ok({
      keyVersions: names.map((key) => ({ key, version: 0n, value: new Uint8Array() })),
      nextPageToken: undefined,
      globalVersion: this.version,
    });
  }

  /** Takes a snapshot; the returned function puts the store back to it, as a malicious or faulty server could. */
  snapshot(): () => void {
    const objects = new Map(this.objects);
    const version = this.version;
    return () => {
      this.objects.clear();
      for (const [key, value] of objects) this.objects.set(key, value);
      this.version = version;
    };
  }
}

/**
 * How a call is delivered. `answerLost`: it arrives, its answer does not. `late`: its answer is lost, and it arrives
 * after later calls may have.
 */
export type Delivery = "arrives" | "lost" | "answerLost" | "late";

export type SimulatedNetwork = {
  readonly clock: Clock;
  /** In ms, one way. */
  readonly latencyMs: () => number;
  readonly delivery: () => Delivery;
  readonly timeoutMs?: number;
};

/** A client over a network that delays, loses and reorders calls. */
export function connectTo(vss: MemoryVss, network: SimulatedNetwork): VssClient {
  const timeoutMs = network.timeoutMs ?? 5_000;
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      network.clock.after(ms, resolve);
    });
  async function deliver<Value>(
    call: () => Result<Value, VssFailureCode>,
  ): Promise<Result<Value, VssFailureCode>> {
    const unreachable = err("unreachable", "no answer", "unknown");
    const delivery = network.delivery();
    if (delivery === "lost") {
      await pause(timeoutMs);
      return unreachable;
    }
    if (delivery === "late") {
      network.clock.after(timeoutMs + 3 * network.latencyMs(), () => void call());
      await pause(timeoutMs);
      return unreachable;
    }
    await pause(network.latencyMs());
    const answer = call();
    await pause(delivery === "answerLost" ? timeoutMs : network.latencyMs());
    return delivery === "answerLost" ? unreachable : answer;
  }
  return {
    get: ({ key }) => deliver(() => vss.read(key)),
    put: (request) => deliver(() => vss.write(request)),
    list: ({ keyPrefix }) => deliver(() => vss.list(keyPrefix ?? "")),
  };
}
