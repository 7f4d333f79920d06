import { readFile, stat } from "node:fs/promises";
import { parseTokenKeys } from "../app/auth/token-keys.ts";
import type { TokenKeys } from "../app/auth/token-keys.ts";
import type { Logger } from "../app/logger.ts";

export type TokenKeyFile = { readonly current: () => TokenKeys; readonly stop: () => void };

const pollIntervalMs = 10_000;

/** @throws Error if the file cannot be read or is not a set of Ed25519 keys. */
export async function readTokenKeys(path: string): Promise<TokenKeys> {
  return parseTokenKeys(await readFile(path, "utf8"));
}

/** Reloads the token keys when their file changes. If the new content is invalid, logs an error and keeps the old keys. */
export async function followTokenKeys(path: string, log: Logger): Promise<TokenKeyFile> {
  let keys = await readTokenKeys(path);
  let modifiedAt = (await stat(path)).mtimeMs;

  async function reloadIfChanged(): Promise<void> {
    const { mtimeMs } = await stat(path);
    if (mtimeMs === modifiedAt) return;
    keys = await readTokenKeys(path);
    modifiedAt = mtimeMs;
    log.info({ kid: keys.signing.kid, accepted: keys.published.length }, "token keys reloaded");
  }

  const timer = setInterval(() => {
    reloadIfChanged().catch((error: unknown) =>
      log.error({ error }, "token keys could not be reloaded; keeping the old ones"),
    );
  }, pollIntervalMs);
  timer.unref();
  return { current: () => keys, stop: () => clearInterval(timer) };
}
