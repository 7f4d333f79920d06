import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { SessionTokens } from "@satsconnect/contracts";
import type { AccessTokens, Principal, SessionPrincipal } from "./access-token.ts";
import { verifyLoginAssertion } from "./login-assertion.ts";
import type { AssertionError } from "./login-assertion.ts";
import {
  decideRefresh,
  newRefreshToken,
  refreshTokenHash,
  refreshTokenLifetimeMs,
  sessionLifetimeMs,
} from "./refresh-token.ts";
import type { Device, SessionStore, SessionTransaction } from "./session-store.ts";

/** Registers a node with the engine and returns its wallet id. Idempotent. Errors: `engine_unavailable`. */
export type RegisterWallet = (nodeId: string) => Promise<Result<string, "engine_unavailable">>;

export type Sessions = {
  /** Verifies a signed login, registers the wallet if it is new, and opens a session for the device. */
  readonly login: (
    assertion: string,
  ) => Promise<Result<SessionTokens, AssertionError | "assertion_replayed" | "engine_unavailable">>;
  /**
   * Exchanges a refresh token for new tokens, as `decideRefresh` says. Reuse by two parties ends the session.
   * @param assertion signed as for a login; null if the request has none.
   */
  readonly refresh: (
    refreshToken: string,
    assertion: string | null,
  ) => Promise<
    Result<
      SessionTokens,
      | "refresh_token_invalid"
      | "refresh_token_reused"
      | "device_revoked"
      | AssertionError
      | "assertion_replayed"
    >
  >;
  /** Verifies an access token, and that its session has not been revoked. */
  readonly authenticate: (
    accessToken: string,
  ) => Promise<Result<Principal, "token_invalid" | "token_expired" | "device_revoked">>;
  /** Revokes the session of the request. */
  readonly logout: (principal: Principal) => Promise<void>;
  readonly devices: (principal: Principal) => Promise<readonly Device[]>;
  readonly revokeDevice: (
    principal: Principal,
    deviceId: string,
  ) => Promise<Result<undefined, "device_not_found">>;
};

export type SessionsOptions = {
  readonly store: SessionStore;
  readonly accessTokens: AccessTokens;
  readonly registerWallet: RegisterWallet;
  /** The audience that a login must be signed for: this server's origin. */
  readonly audience: string;
  readonly now: () => number;
};

/** Logins signed with a node key, and the sessions of devices. */
export function createSessions(options: SessionsOptions): Sessions {
  const { store, accessTokens, now } = options;

  async function findOrRegisterWallet(
    nodeId: string,
  ): Promise<Result<string, "engine_unavailable">> {
    const known = await store.findWalletId(nodeId);
    return known === null ? options.registerWallet(nodeId) : ok(known);
  }

  async function issue(
    transaction: SessionTransaction,
    principal: SessionPrincipal,
    {
      parentHash,
      sessionStartedAt,
      signed,
    }: {
      readonly parentHash: Buffer | null;
      readonly sessionStartedAt: number;
      readonly signed: boolean;
    },
  ): Promise<SessionTokens> {
    const issuedAt = now();
    const refreshToken = newRefreshToken();
    const expiresAt = Math.min(
      issuedAt + refreshTokenLifetimeMs,
      sessionStartedAt + sessionLifetimeMs,
    );
    const hash = refreshTokenHash(refreshToken);
    await transaction.insertRefreshToken({
      hash,
      sessionId: principal.sessionId,
      parentHash,
      issuedAt,
      expiresAt,
    });
    const access = await accessTokens.issue(principal, issuedAt, signed);
    return {
      accessToken: access.token,
      accessTokenExpiresAt: new Date(access.expiresAt).toISOString(),
      refreshToken,
      refreshTokenExpiresAt: new Date(expiresAt).toISOString(),
      walletId: principal.walletId,
      nodeId: principal.nodeId,
      deviceId: principal.deviceId,
    };
  }

  return {
    login: async (assertion) => {
      const verified = verifyLoginAssertion(assertion, options.audience, now());
      if (!verified.ok) return verified;
      const { nodeId, payload } = verified.value;
      const wallet = await findOrRegisterWallet(nodeId);
      if (!wallet.ok) return wallet;
      const walletId = wallet.value;
      return store.transaction(async (transaction) => {
        if (!(await transaction.useLoginNonce(nodeId, payload.nonce, payload.exp * 1_000))) {
          return replayed();
        }
        await transaction.insertWallet(walletId, nodeId, now());
        const { deviceId, sessionId } = await transaction.openSession(
          walletId,
          payload.device,
          now(),
        );
        const opened = { walletId, nodeId, deviceId, sessionId };
        return ok(
          await issue(transaction, opened, {
            parentHash: null,
            sessionStartedAt: now(),
            signed: true,
          }),
        );
      });
    },

    refresh: async (refreshToken, assertion) => {
      // Before the token is used up: a phone whose clock is wrong signs again.
      const verified =
        assertion === null ? null : verifyLoginAssertion(assertion, options.audience, now());
      if (verified?.ok === false) return verified;
      const signer = verified?.value ?? null;
      return store.transaction(async (transaction) => {
        const hash = refreshTokenHash(refreshToken);
        const found = await transaction.lockRefreshToken(hash);
        if (found === null)
          return err(
            "refresh_token_invalid",
            "The refresh token is not valid. Sign in again.",
            "never",
          );
        const { principal, token } = found;
        if (signer !== null) {
          const { nodeId, payload } = signer;
          if (nodeId !== principal.nodeId) {
            return err("assertion_invalid", "Another node signed than the session's.", "never");
          }
          if (!(await transaction.useLoginNonce(nodeId, payload.nonce, payload.exp * 1_000))) {
            return replayed();
          }
        }
        const signed = signer !== null;
        const { sessionStartedAt } = token;
        switch (decideRefresh(token, signed, now())) {
          case "rotate":
          case "rotate_again":
            await transaction.useRefreshToken(hash, now());
            await transaction.touchDevice(principal.deviceId, now());
            return ok(
              await issue(transaction, principal, { parentHash: hash, sessionStartedAt, signed }),
            );
          case "expired":
            return err(
              "refresh_token_invalid",
              "The refresh token has expired. Sign in again.",
              "never",
            );
          case "session_over":
            return err("device_revoked", "This device was signed out. Sign in again.", "never");
          case "reused":
            await transaction.revokeSession(principal.sessionId, "refresh_token_reused", now());
            return err(
              "refresh_token_reused",
              "The refresh token was used twice, so the session was ended for safety. Sign in again.",
              "never",
            );
        }
      });
    },

    authenticate: async (accessToken) => {
      const principal = await accessTokens.verify(accessToken, now());
      if (!principal.ok) return principal;
      return (await store.isSessionLive(principal.value.sessionId))
        ? principal
        : err("device_revoked", "This device was signed out. Sign in again.", "never");
    },

    logout: (principal) => store.revokeSession(principal.sessionId, "logout", now()),

    devices: (principal) => store.listLiveDevices(principal.walletId),

    revokeDevice: async (principal, deviceId) =>
      (await store.revokeDevice(principal.walletId, deviceId, now()))
        ? ok(undefined)
        : err("device_not_found", "This wallet has no signed-in device with this id.", "never"),
  };
}

function replayed() {
  return err("assertion_replayed", "The signed login was used before. Sign a new one.", "never");
}
