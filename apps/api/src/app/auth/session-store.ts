import type { SessionPrincipal } from "./access-token.ts";
import type { PresentedToken } from "./refresh-token.ts";

export type RevocationReason = "logout" | "device_revoked" | "refresh_token_reused" | "replaced";

/** Times in UTC milliseconds. */
export type Device = {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
};

export type NewRefreshToken = {
  readonly hash: Buffer;
  readonly sessionId: string;
  /** Hash of the token that this one replaces; null after a login. */
  readonly parentHash: Buffer | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
};

/** The writes of one login or refresh. All of them commit together. */
export type SessionTransaction = {
  /** Returns false if the nonce was used before. */
  readonly useLoginNonce: (nodeId: string, nonce: string, expiresAt: number) => Promise<boolean>;
  /** Does nothing if the node already has a wallet. */
  readonly insertWallet: (walletId: string, nodeId: string, now: number) => Promise<void>;
  /** Registers the device at its first login, opens a session and revokes the device's oldest sessions. */
  readonly openSession: (
    walletId: string,
    device: { readonly id: string; readonly name: string },
    now: number,
  ) => Promise<{ readonly deviceId: string; readonly sessionId: string }>;
  readonly insertRefreshToken: (token: NewRefreshToken) => Promise<void>;
  /**
   * Reads a token and locks its session until the transaction ends, so that two refreshes of a session never
   * interleave.
   */
  readonly lockRefreshToken: (
    hash: Buffer,
  ) => Promise<{ readonly token: PresentedToken; readonly principal: SessionPrincipal } | null>;
  /** Marks a token as used and supersedes the unused tokens issued for it. */
  readonly useRefreshToken: (hash: Buffer, now: number) => Promise<void>;
  readonly touchDevice: (deviceId: string, now: number) => Promise<void>;
  readonly revokeSession: (
    sessionId: string,
    reason: RevocationReason,
    now: number,
  ) => Promise<void>;
};

export type SessionStore = {
  readonly transaction: <Value>(
    work: (transaction: SessionTransaction) => Promise<Value>,
  ) => Promise<Value>;
  readonly findWalletId: (nodeId: string) => Promise<string | null>;
  readonly isSessionLive: (sessionId: string) => Promise<boolean>;
  readonly revokeSession: SessionTransaction["revokeSession"];
  /** The wallet's devices with a live session, most recently seen first. */
  readonly listLiveDevices: (walletId: string) => Promise<readonly Device[]>;
  /** Revokes all sessions of one of the wallet's devices. Returns false if it has no live session. */
  readonly revokeDevice: (walletId: string, deviceId: string, now: number) => Promise<boolean>;
  /**
   * Deletes login nonces a day and refresh tokens a week after they expire, and sessions older than a week that have no
   * refresh tokens left.
   */
  readonly deleteExpired: (now: number) => Promise<void>;
};
