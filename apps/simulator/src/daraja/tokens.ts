import { timingSafeEqual } from "node:crypto";
import { accessToken } from "../mpesa/ids.ts";
import { readSettings } from "../world/settings.ts";
import { integer, text } from "../store/rows.ts";
import type { World } from "../world/world.ts";
import { errorAnswer, jsonAnswer } from "./answers.ts";
import type { Answer } from "./answers.ts";

export type ConsumerApp = { readonly key: string; readonly secret: string };

/**
 * `GET /oauth/v1/generate?grant_type=client_credentials` with the app's key and secret as HTTP Basic (documented). A
 * new token invalidates the app's previous one (documented FAQ). A wrong key or secret is answered 400 without a body
 * (community).
 */
export function issueToken(
  world: World,
  app: ConsumerApp,
  query: URLSearchParams,
  authorization: string | undefined,
): Answer {
  if (query.get("grant_type") !== "client_credentials") {
    return errorAnswer(world.entropy, 400, "400.008.02", "Invalid grant type passed");
  }
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/.exec(authorization ?? "")?.[1];
  if (basic === undefined) {
    return errorAnswer(world.entropy, 400, "400.008.01", "Invalid Authentication passed");
  }
  if (!sameText(Buffer.from(basic, "base64").toString("utf8"), `${app.key}:${app.secret}`)) {
    return { type: "text", status: 400, contentType: "application/json;charset=UTF-8", body: "" };
  }
  const settings = readSettings(world.database);
  const token = accessToken(world.entropy);
  world.database.transaction(() => {
    world.database.run("DELETE FROM token WHERE expires_at < ?", world.clock.now());
    if (settings.invalidateTokensOnReissue) {
      world.database.run("DELETE FROM token WHERE consumer_key = ?", app.key);
    }
    world.database.run(
      "INSERT INTO token (token, consumer_key, expires_at) VALUES (?, ?, ?)",
      token,
      app.key,
      world.clock.now() + settings.tokenLifetimeSeconds * 1000,
    );
  });
  const lifetime = settings.tokenLifetimeSeconds;
  return jsonAnswer(200, {
    access_token: token,
    expires_in: settings.expiresInAsText ? lifetime.toString() : lifetime,
  });
}

/** @returns the consumer key that the token was issued to; null when it is unknown, replaced or expired. */
export function tokenOwner(world: World, token: string): string | null {
  const row = world.database.get(
    "SELECT consumer_key, expires_at FROM token WHERE token = ?",
    token,
  );
  if (row === undefined || integer(row, "expires_at") <= world.clock.now()) return null;
  return text(row, "consumer_key");
}

export function revokeToken(world: World, token: string): void {
  world.database.run("DELETE FROM token WHERE token = ?", token);
}

function sameText(left: string, right: string): boolean {
  const [leftBytes, rightBytes] = [Buffer.from(left), Buffer.from(right)];
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}
