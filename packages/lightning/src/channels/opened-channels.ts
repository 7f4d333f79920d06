import type { Msat, Sat } from "@satsconnect/money";
import { decodeRow, encodeJson } from "../model/codec.ts";
import type { ClientStanding } from "../model/lsp-policy.ts";
import { lspServicePolicy } from "../model/policy.ts";
import type { CoreSession } from "../runtime/core-session.ts";
import type { UnitOfWork } from "../runtime/unit-of-work.ts";

const { openWindowMs, mistrustMs, trustFees } = lspServicePolicy;

/** Table names are stored: they must not change. */
const tables = {
  /** Key = userChannelId: a channel that this node opened as an LSP and that nobody has paid for yet. */
  unpaid: "lsp-unpaid-channel",
  /** Key = node id of a client: its openings and whether it paid for them. */
  client: "lsp-client",
} as const;

export type UnpaidRecord = {
  readonly client: string;
  readonly openedAt: number;
  readonly capacitySat: bigint;
  /** The opening fee: agreed with the client, or, for a payment of our own, quoted to whoever pays for it. */
  readonly feeMsat: bigint;
  /** True when its funding transaction is withheld until the client pays. */
  readonly fundingWithheld: boolean;
  /** The record of the client when it was opened. */
  readonly standing: ClientStanding | "ownPayment";
  /** Null until the funding is signed. */
  readonly channelId: string | null;
};

type ClientRecord = {
  /** Opening fees that the client has paid so far. */
  readonly paidMsat: bigint;
  /** When a funded channel with it was last closed unpaid. */
  readonly leftUnpaidAt: number | null;
  /** Times of the openings in the last hour, and whether the client had paid before. */
  readonly opens: readonly { readonly at: number; readonly proven: boolean }[];
};

const newClient: ClientRecord = { paidMsat: 0n, leftUnpaidAt: null, opens: [] };

/**
 * Records the channels that this node opens as an LSP: how many in the last hour, for whom, and which are not paid for.
 * The records are stored, so that a restart forgets no limit.
 */
export class OpenedChannels {
  readonly #session: CoreSession;
  readonly #unpaid = new Map<string, UnpaidRecord>();
  readonly #clients = new Map<string, ClientRecord>();

  constructor(session: CoreSession) {
    this.#session = session;
  }

  async load(): Promise<void> {
    const { store } = this.#session;
    for (const { key, value } of await store.list(tables.unpaid)) {
      this.#unpaid.set(key, decodeRow(value) as UnpaidRecord);
    }
    for (const { key, value } of await store.list(tables.client)) {
      this.#clients.set(key, decodeRow(value) as ClientRecord);
    }
  }

  /** The channels that nobody has paid for, by `userChannelId`. */
  unpaid(): readonly (readonly [string, UnpaidRecord])[] {
    return [...this.#unpaid];
  }

  /**
   * Whether a client may be trusted with a channel that costs this much: the fees it has paid so far are a multiple of
   * that, and it has left none unpaid lately.
   */
  hasPaid(client: string, costMsat: Msat): boolean {
    const { paidMsat, leftUnpaidAt } = this.#clients.get(client) ?? newClient;
    const now = this.#session.clock.now();
    const trusted = leftUnpaidAt === null || leftUnpaidAt + mistrustMs < now;
    return paidMsat >= costMsat * trustFees && trusted;
  }

  counts(client: string): {
    readonly opensForClient: number;
    readonly opens: number;
    readonly opensUnproven: number;
    readonly unpaidWithClient: number;
    readonly unpaidToUnknownSat: bigint;
  } {
    const since = this.#session.clock.now() - openWindowMs;
    const recent = [...this.#clients].flatMap(([who, { opens }]) =>
      opens.filter(({ at }) => at > since).map((open) => ({ ...open, who })),
    );
    const unpaid = [...this.#unpaid.values()];
    return {
      opensForClient: recent.filter(({ who }) => who === client).length,
      opens: recent.length,
      opensUnproven: recent.filter(({ proven }) => !proven).length,
      unpaidWithClient: unpaid.filter((record) => record.client === client).length,
      unpaidToUnknownSat: unpaid
        .filter(({ standing }) => standing === "unknown")
        .reduce((sum, { capacitySat }) => sum + capacitySat, 0n),
    };
  }

  /** Records an opening before it begins. */
  begin(
    userChannelId: string,
    opening: {
      readonly client: string;
      readonly capacitySat: Sat;
      readonly feeMsat: Msat;
      readonly fundingWithheld: boolean;
      readonly standing: UnpaidRecord["standing"];
    },
  ): void {
    const now = this.#session.clock.now();
    const record: UnpaidRecord = { ...opening, openedAt: now, channelId: null };
    const client = this.#clients.get(opening.client) ?? newClient;
    const proven = opening.standing === "paying" || opening.standing === "ownPayment";
    const opens = client.opens.filter(({ at }) => at > now - openWindowMs);
    const changed = { ...client, opens: [...opens, { at: now, proven }] };
    this.#unpaid.set(userChannelId, record);
    this.#clients.set(opening.client, changed);
    this.#session.loop.queueChange((unit) => {
      unit.put(tables.unpaid, userChannelId, encodeJson(record));
      unit.put(tables.client, opening.client, encodeJson(changed));
    });
  }

  /** The opening failed before anything was funded: it does not count. */
  failed(userChannelId: string): void {
    const record = this.#unpaid.get(userChannelId);
    if (record === undefined) return;
    this.#unpaid.delete(userChannelId);
    const client = this.#clients.get(record.client) ?? newClient;
    const at = client.opens.findIndex((open) => open.at === record.openedAt);
    const changed = {
      ...client,
      opens: client.opens.toSpliced(at < 0 ? client.opens.length : at, 1),
    };
    this.#session.loop.queueChange((unit) => {
      unit.delete(tables.unpaid, userChannelId);
      this.#keep(unit, record.client, changed);
    });
  }

  /** The funding is signed. */
  funded(userChannelId: string, channelId: string, unit: UnitOfWork): void {
    const record = this.#unpaid.get(userChannelId);
    if (record === undefined) return;
    const changed = { ...record, channelId };
    this.#unpaid.set(userChannelId, changed);
    unit.put(tables.unpaid, userChannelId, encodeJson(changed));
  }

  /** A payment over the channel, or any of ours to the client, has succeeded: the channel has been paid for. */
  paid(
    which: { readonly channelId: string } | { readonly client: string },
    unit: UnitOfWork,
  ): void {
    for (const [userChannelId, record] of this.#unpaid) {
      const meant =
        "client" in which ? record.client === which.client : record.channelId === which.channelId;
      if (!meant) continue;
      this.#unpaid.delete(userChannelId);
      unit.delete(tables.unpaid, userChannelId);
      const client = this.#clients.get(record.client) ?? newClient;
      const paidMsat = client.paidMsat + record.feeMsat;
      this.#keep(unit, record.client, { ...client, paidMsat });
    }
  }

  /** The channel has closed. */
  closed(userChannelId: string, unit: UnitOfWork): void {
    const record = this.#unpaid.get(userChannelId);
    if (record === undefined) return;
    this.#unpaid.delete(userChannelId);
    unit.delete(tables.unpaid, userChannelId);
    // withheld funding costs nothing, and a channel that was never funded neither
    const cost = record.channelId !== null && !record.fundingWithheld;
    const client = this.#clients.get(record.client) ?? newClient;
    this.#keep(
      unit,
      record.client,
      cost ? { ...client, leftUnpaidAt: this.#session.clock.now() } : client,
    );
  }

  /** Forgets clients about whom nothing is left to say. */
  prune(unit: UnitOfWork): void {
    const now = this.#session.clock.now();
    for (const [client, record] of this.#clients) {
      const opens = record.opens.filter(({ at }) => at > now - openWindowMs);
      if (opens.length < record.opens.length) this.#keep(unit, client, { ...record, opens });
    }
  }

  #keep(unit: UnitOfWork, client: string, record: ClientRecord): void {
    if (record.paidMsat === 0n && record.leftUnpaidAt === null && record.opens.length === 0) {
      this.#clients.delete(client);
      unit.delete(tables.client, client);
      return;
    }
    this.#clients.set(client, record);
    unit.put(tables.client, client, encodeJson(record));
  }
}
