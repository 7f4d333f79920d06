import type { Result } from "@satsconnect/money";

export type RateLimitName = keyof typeof rateLimits;

/**
 * Requests per window. `wallet`, `money`, `name` and `backup` count a wallet that is signed in, `prompt` and `proof` a
 * wallet together with a phone number. `address` counts requests that nobody is signed in for, by address range, and `login` those that sign in:
 * thousands of phones share one address of a mobile carrier, so both are wide. They bound load; keys and tokens cannot be
 * guessed.
 * `callback` counts one callback URL, `callbackGuess` an address range that calls URLs that are not genuine.
 */
export const rateLimits = {
  address: { requests: 3_000, seconds: 60 },
  login: { requests: 600, seconds: 60 },
  callback: { requests: 60, seconds: 60 },
  callbackGuess: { requests: 60, seconds: 60 },
  wallet: { requests: 240, seconds: 60 },
  money: { requests: 30, seconds: 60 },
  /** Limits how often one wallet can have STK pushes sent to one phone. */
  prompt: { requests: 6, seconds: 600 },
  /** A wallet's guesses of the code that proves one number: 36⁴ are possible. */
  proof: { requests: 5, seconds: 3_600 },
  /** A wallet's look-ups of names of numbers that it has not paid lately. M-Pesa is asked for each. */
  name: { requests: 20, seconds: 3_600 },
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
