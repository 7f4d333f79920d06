import { readFile, stat } from "node:fs/promises";
import { parseTokenKeys } from "../app/auth/token-keys.ts";
import type { TokenKeys } from "../app/auth/token-keys.ts";
import type { Logger } from "../app/logger.ts";

export type TokenKeyFile = { readonly current: () => TokenKeys; readonly stop: () => void };

const pollIntervalMs = 10_000;

/** Reads a file in the format of `parseTokenKeys`. @throws Error if it cannot be read or has another format. */
export async function readTokenKeys(path: string): Promise<TokenKeys> {
  return parseTokenKeys(await readFile(path, "utf8"));
}

/**
 * Reads the token keys and reloads them when their file changes, checking every ten seconds. If the new content is
 * invalid, logs an error and keeps the old keys. @throws Error if the first read fails.
 */
export async function watchTokenKeys(path: string, log: Logger): Promise<TokenKeyFile> {
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
