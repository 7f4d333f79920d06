import type { Result } from "@satsconnect/money";

export type RateLimitName = keyof typeof rateLimits;

/**
 * Requests per window. `address` counts an IP address, `login` an IP address that signs in, `wallet`, `money` and
 * `backup` a wallet, `prompt` the phone that receives the STK push.
 */
export const rateLimits = {
  address: { requests: 600, seconds: 60 },
  login: { requests: 30, seconds: 60 },
  wallet: { requests: 240, seconds: 60 },
  money: { requests: 30, seconds: 60 },
  /** Limits how often STK pushes can be sent to one phone, which may be a stranger's. */
  prompt: { requests: 6, seconds: 600 },
  /** The operator's admin API, for each address. */
  admin: { requests: 600, seconds: 60 },
  /** Signing in to it and registering passkeys, for each address. */
  admin_login: { requests: 30, seconds: 60 },
  /** One payment takes about five writes. */
  backup: { requests: 900, seconds: 60 },
} as const satisfies Record<string, { readonly requests: number; readonly seconds: number }>;

export type RateLimits = {
  /** Counts one request of `key`. Errors: `rate_limited`, with the seconds to wait. */
  readonly consume: (
    name: RateLimitName,
    key: string,
  ) => Promise<Result<void, "rate_limited"> & { readonly retryAfterSeconds?: number }>;
};
