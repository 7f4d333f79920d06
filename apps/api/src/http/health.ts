import type { Response } from "express";

/** Health checks by name. If `postgres` fails, the service is `unavailable`; if another one fails, it is `degraded`. */
export type HealthChecks = Readonly<Record<string, () => Promise<boolean>>>;

const checkTimeoutMs = 2_000;

/** Runs the checks and answers with the contract's `Health`. */
export async function answerHealth(healthChecks: HealthChecks, response: Response): Promise<void> {
  const names = Object.entries(healthChecks);
  const healthy = await Promise.all(
    names.map(async ([, check]) => withTimeout(check(), checkTimeoutMs)),
  );
  const checks = Object.fromEntries(
    names.map(([name], index) => [name, healthy[index] === true ? "ok" : "unavailable"]),
  );
  const status =
    checks["postgres"] !== "ok" ? "unavailable" : healthy.every(Boolean) ? "ok" : "degraded";
  response.setHeader("cache-control", "no-store");
  response.status(status === "unavailable" ? 503 : 200).json({ status, checks });
}

async function withTimeout(check: Promise<boolean>, milliseconds: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), milliseconds);
  try {
    return await Promise.race([check.catch(() => false), promise]);
  } finally {
    clearTimeout(timer);
  }
}
