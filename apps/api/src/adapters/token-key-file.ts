import { stat } from "node:fs/promises";
import type { Logger } from "../app/logger.ts";
import { readTokenKeys } from "../app/auth/token-keys.ts";
import type { TokenKeys } from "../app/auth/token-keys.ts";

export type RotatingKeys = { readonly current: () => TokenKeys; readonly stop: () => void };

const lookEveryMs = 10_000;

/** Keeps the token keys as their file has them. A file that was spoiled changes nothing, and is complained about. */
export async function followTokenKeys(path: string, log: Logger): Promise<RotatingKeys> {
  let keys = await readTokenKeys(path);
  let changedAt = (await stat(path)).mtimeMs;

  async function look(): Promise<void> {
    const { mtimeMs } = await stat(path);
    if (mtimeMs === changedAt) return;
    keys = await readTokenKeys(path);
    changedAt = mtimeMs;
    log.info(
      { kid: keys.signing.kid, accepted: keys.published.length },
      "the token keys were rotated",
    );
  }

  const timer = setInterval(() => {
    look().catch((error: unknown) =>
      log.error({ error }, "the token keys cannot be read; the old ones stay"),
    );
  }, lookEveryMs);
  timer.unref();
  return { current: () => keys, stop: () => clearInterval(timer) };
}
