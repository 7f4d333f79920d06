import { concatBytes } from "@noble/hashes/utils.js";
import { gossipPolicy } from "../model/policy.ts";
import { systemClock } from "../ports/clock.ts";
import type { Clock } from "../ports/clock.ts";
import type { SnapshotAnswer, SnapshotSource } from "../ports/snapshot-source.ts";

export type HttpSnapshotsOptions = {
  /** URL before `/:since`, for example `https://example.org/esplora/gossip/snapshot`. */
  readonly url: string;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  readonly maxBytes?: number;
};

/** Snapshots over HTTP, as the engine serves them, and public servers of Rapid Gossip Sync. */
export function httpSnapshots(options: HttpSnapshotsOptions): SnapshotSource {
  const base = options.url.replace(/\/$/u, "");
  const send = options.fetch ?? fetch;
  const clock = options.clock ?? systemClock;
  const maxBytes = options.maxBytes ?? gossipPolicy.maxSnapshotBytes;

  async function download(since: number, progress: Progress): Promise<SnapshotAnswer> {
    const response = await send(`${base}/${since}`, { signal: progress.signal });
    progress.note();
    if (response.status !== 200) {
      await response.body?.cancel();
      return { ok: false, reason: `The server answered with status ${response.status}.` };
    }
    const tooLarge = {
      ok: false,
      reason: `The snapshot is larger than ${maxBytes} bytes.`,
    } as const;
    const reader = response.body?.getReader();
    if (reader === undefined) {
      // platforms whose responses have no stream
      const bytes = new Uint8Array(await response.arrayBuffer());
      return bytes.length > maxBytes ? tooLarge : { ok: true, bytes };
    }
    const parts: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { ok: true, bytes: concatBytes(...parts) };
      progress.note();
      length += value.length;
      if (length > maxBytes) {
        await reader.cancel().catch(() => {});
        return tooLarge;
      }
      parts.push(value);
    }
  }

  return {
    async snapshot(sinceSeconds, signal) {
      const progress = new Progress(clock, signal);
      try {
        return await download(sinceSeconds, progress);
      } catch {
        return { ok: false, reason: "The server did not answer, or stopped sending." };
      } finally {
        progress.end();
      }
    },
  };
}

/** Aborts a download on which nothing has moved for a while: a full snapshot may take minutes on a slow line. */
class Progress {
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  readonly #outer: AbortSignal;
  readonly #onOuter = (): void => this.#abort.abort();
  #cancel: () => void = () => {};

  constructor(clock: Clock, outer: AbortSignal) {
    this.#clock = clock;
    this.#outer = outer;
    if (outer.aborted) this.#abort.abort();
    outer.addEventListener("abort", this.#onOuter, { once: true });
    this.note();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  note(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(gossipPolicy.stalledDownloadMs, () => this.#abort.abort());
  }

  end(): void {
    this.#cancel();
    this.#outer.removeEventListener("abort", this.#onOuter);
  }
}
