import { createHash } from "node:crypto";
import type { LightningNode } from "@satsconnect/lightning";
import type { Logger } from "../logger.ts";
import { snapshotAgesSeconds } from "../policy.ts";

/** A snapshot as it is served, with everything that does not depend on the request. */
export type ServedSnapshot = { readonly body: Buffer; readonly etag: string };

type Delta = ServedSnapshot & {
  /** Contains what has changed since then, in seconds since 1970. */
  readonly since: number;
};

export type GossipSnapshotsOptions = {
  readonly intervalMs: number;
  readonly logger: Logger;
  /** The ages of the deltas, in seconds, shortest first. */
  readonly agesSeconds?: readonly number[];
};

/**
 * Snapshots of the node's network graph (Rapid Gossip Sync, version 2) for wallets, which exchange no gossip with peers.
 * A full one and one for each of a few ages are made at an interval. A request costs a lookup, whatever time it asks for.
 */
export class GossipSnapshots {
  readonly #intervalMs: number;
  readonly #ages: readonly number[];
  readonly #logger: Logger;
  #full: ServedSnapshot | undefined;
  /** Latest `since` first. */
  #deltas: readonly Delta[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: GossipSnapshotsOptions) {
    this.#intervalMs = options.intervalMs;
    this.#ages = options.agesSeconds ?? snapshotAgesSeconds;
    this.#logger = options.logger;
  }

  /** Makes snapshots from now on, until `stop`. */
  start(node: Pick<LightningNode, "exportGossip">): void {
    void this.#repeat(node);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /**
   * The smallest snapshot that contains everything since a time: a delta, or the full one for 0 and for times from
   * before the oldest delta. Undefined until the first ones are made.
   */
  find(since: number): ServedSnapshot | undefined {
    return this.#deltas.find((delta) => delta.since <= since) ?? this.#full;
  }

  async #repeat(node: Pick<LightningNode, "exportGossip">): Promise<void> {
    try {
      await this.#make(node);
    } catch (error) {
      this.#logger.error({ error: String(error) }, "gossip snapshots not made");
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#repeat(node), this.#intervalMs);
    this.#timer.unref();
  }

  /** The old ones are served until all new ones are made. The node handles other work between them. */
  async #make(node: Pick<LightningNode, "exportGossip">): Promise<void> {
    const full = await node.exportGossip();
    if (!full.ok) {
      this.#logger.warn({ code: full.error.code }, "gossip snapshots not made");
      return;
    }
    const deltas: Delta[] = [];
    for (const age of this.#ages) {
      const since = full.value.time - age;
      const delta = await node.exportGossip(since);
      if (!delta.ok) {
        this.#logger.warn({ code: delta.error.code }, "gossip snapshots not made");
        return;
      }
      // after a restart of a new node a delta has as much as everything
      if (delta.value.bytes.length < full.value.bytes.length) {
        deltas.push({ since, ...served(delta.value.bytes) });
      }
    }
    this.#full = served(full.value.bytes);
    this.#deltas = deltas;
    const { nodes, channels, leftOut } = full.value;
    this.#logger.debug(
      {
        nodes,
        channels,
        leftOut,
        bytes: full.value.bytes.length,
        deltaBytes: deltas.map(({ body }) => body.length).join(" "),
      },
      "gossip snapshots made",
    );
  }
}

function served(bytes: Uint8Array): ServedSnapshot {
  const digest = createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
  return { body: Buffer.from(bytes), etag: `"${digest}"` };
}
