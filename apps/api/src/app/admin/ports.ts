import type { LogEntry, LogSignature, RecordedAct } from "@satsconnect/contracts/admin";
import type { Fiat } from "@satsconnect/money";
import type { Order, OrderKind } from "../../domain/order.ts";
import type { Case, Evidence } from "../orders/ports.ts";
import type { Position } from "../paging.ts";

/** A person who operates the service. */
export type Operator = {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly disabledAt: number | null;
};

export type Passkey = {
  readonly credentialId: string;
  readonly operatorId: string;
  /** COSE key. */
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly label: string;
  readonly backedUp: boolean;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
};

type OperatorSession = {
  readonly operator: Operator;
  readonly credentialId: string;
  readonly expiresAt: number;
  readonly lastSeenAt: number;
};

/** The caller of the admin API. */
export type AdminPrincipal = {
  readonly operator: Operator;
  readonly via: "passkey" | "certificate";
  /** When the session ends; null for a certificate. */
  readonly expiresAt: number | null;
};

/** Operators, passkeys, sessions and one-time secrets. Secrets are stored as SHA-256 hashes only. */
export type OperatorStore = {
  readonly list: () => Promise<
    readonly {
      readonly operator: Operator;
      readonly passkeys: readonly Passkey[];
      readonly enrolmentExpiresAt: number | null;
    }[]
  >;
  readonly findByName: (name: string) => Promise<Operator | null>;
  /** Adds an operator, unless there is one with this name. Returns the stored one. */
  readonly ensure: (name: string, now: number) => Promise<Operator>;
  /** Ends sessions and open enrolment links; the operator's certificates are refused from now on. */
  readonly disable: (operatorId: string, now: number) => Promise<void>;
  /** Enables the operator, ends its sessions, removes its passkeys and earlier links, and stores a new link. */
  readonly openEnrolment: (enrolment: {
    readonly operatorId: string;
    readonly tokenHash: Buffer;
    readonly now: number;
    readonly expiresAt: number;
  }) => Promise<void>;
  /** The operator of a link that is neither used nor expired. */
  readonly findEnrolment: (
    tokenHash: Buffer,
    now: number,
  ) => Promise<{ readonly operator: Operator; readonly expiresAt: number } | null>;
  /** Uses the link up and adds the passkey, all or nothing. False: the link is used or expired, or the passkey known. */
  readonly enrol: (tokenHash: Buffer, passkey: Passkey, now: number) => Promise<boolean>;
  readonly addChallenge: (challenge: string, expiresAt: number) => Promise<void>;
  /** True once for each challenge, before it expires. */
  readonly takeChallenge: (challenge: string, now: number) => Promise<boolean>;
  /** A passkey that is not removed, with its operator. */
  readonly findPasskey: (
    credentialId: string,
  ) => Promise<{ readonly passkey: Passkey; readonly operator: Operator } | null>;
  readonly passkeysOf: (operatorId: string) => Promise<readonly Passkey[]>;
  /** Compare-and-set of the signature counter. False: another signature came first, or the passkey was removed. */
  readonly countSignature: (passkey: Passkey, counter: number, now: number) => Promise<boolean>;
  readonly addSession: (session: {
    readonly tokenHash: Buffer;
    readonly operatorId: string;
    readonly credentialId: string;
    readonly now: number;
    readonly expiresAt: number;
  }) => Promise<void>;
  /** A session that has not expired, of an operator that is not disabled, and marks it as seen. */
  readonly findSession: (
    tokenHash: Buffer,
    now: number,
    maxIdleMs: number,
  ) => Promise<OperatorSession | null>;
  readonly endSession: (tokenHash: Buffer) => Promise<void>;
  readonly deleteExpired: (now: number) => Promise<void>;
};

export type LogStep = LogEntry["step"];

/** A step to append to the log. The store numbers and hashes it. */
export type NewLogEntry = {
  readonly actId: string;
  readonly step: LogStep;
  readonly at: number;
  readonly operator: Pick<Operator, "id" | "name"> | null;
  readonly via: LogEntry["via"];
  readonly orderId: string | null;
  readonly amountKesCents: Fiat<"KES">;
  readonly needsSecondPerson: boolean;
  readonly body: string;
  readonly signature: LogSignature | null;
};

export type ActLog = {
  /**
   * Appends, one at a time over all processes. `decide` runs with the log locked: it gets the sum that the operator has
   * moved alone since `since`, and returns the entry, or null to append nothing. False: the act has this step already,
   * or has ended.
   */
  readonly append: (
    entry: NewLogEntry | ((soFar: Fiat<"KES">) => NewLogEntry),
    alone?: { readonly operatorId: string; readonly since: number },
  ) => Promise<boolean>;
  readonly find: (actId: string) => Promise<RecordedAct | null>;
  readonly list: (filter: {
    readonly status?: RecordedAct["status"] | undefined;
    readonly orderId?: string | undefined;
    /** Acts proposed before this entry. */
    readonly before?: number | undefined;
    readonly limit: number;
  }) => Promise<readonly { readonly number: number; readonly act: RecordedAct }[]>;
  /** Acts that were decided before `before` and have neither been carried out nor refused: a process stopped. */
  readonly unfinished: (before: number) => Promise<readonly RecordedAct[]>;
  /** Acts that wait and expired before `now`. */
  readonly overdue: (now: number) => Promise<readonly RecordedAct[]>;
  /** The sum that the operator has moved without a second person since then. */
  readonly sumAlone: (operatorId: string, since: number) => Promise<Fiat<"KES">>;
  readonly read: (page: {
    readonly after: number;
    readonly limit: number;
    readonly newestFirst: boolean;
  }) => Promise<{ readonly entries: readonly LogEntry[]; readonly last: number }>;
};

export type SearchKey =
  | "receipt"
  | "phone"
  | "name"
  | "payment_hash"
  | "checkout_request_id"
  | "conversation_id"
  | "wallet"
  | "order";

export type SearchTerm = { readonly key: SearchKey; readonly value: string };

export type FoundOrder = {
  readonly order: Order;
  readonly openCases: number;
};

export type OrderSearchFilter = {
  /** Matches any of these; empty: any order. */
  readonly terms: readonly SearchTerm[];
  readonly kind?: OrderKind | undefined;
  readonly amountKesCents?: Fiat<"KES"> | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly before?: Position | null | undefined;
  readonly limit: number;
};

export type OrderJournal = {
  readonly kind: string;
  readonly at: number;
  readonly entries: readonly {
    readonly account: string;
    readonly currency: "KES" | "MSAT";
    readonly amount: bigint;
  }[];
};

type OrderMoment = {
  readonly at: number;
  readonly state: string;
  readonly reason: string | null;
};

/** Everything that is stored about one order. */
export type OrderFile = {
  readonly order: Order;
  readonly stored: Readonly<Record<string, unknown>>;
  readonly evidence: readonly Evidence[];
  readonly journals: readonly OrderJournal[];
  readonly events: readonly OrderMoment[];
  readonly cases: readonly Case[];
  readonly keys: readonly { readonly kind: string; readonly value: string }[];
};

/** The operator's view of all wallets' orders. */
export type OrderFiles = {
  /** Newest first. */
  readonly search: (filter: OrderSearchFilter) => Promise<readonly FoundOrder[]>;
  readonly open: (orderId: string) => Promise<OrderFile | null>;
  /** Cases with their orders, oldest first. */
  readonly cases: (filter: {
    readonly openOnly: boolean;
    readonly after: Position | null;
    readonly limit: number;
  }) => Promise<readonly { readonly case: Case; readonly found: FoundOrder }[]>;
  readonly openCases: () => Promise<{
    readonly count: number;
    readonly oldestOpenedAt: number | null;
  }>;
};
