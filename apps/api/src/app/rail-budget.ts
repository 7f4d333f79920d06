/**
 * How many requests M-Pesa takes per shortcode and second: a token bucket shared by all processes, so that together they
 * stay below Daraja's limit (spike arrest).
 */
export type RailBudget = {
  /** Takes one request. Returns 0, or how many milliseconds to wait before asking again. */
  readonly take: (shortcode: string) => Promise<number>;
  /** Lets no process take a request for this long. */
  readonly pause: (shortcode: string, milliseconds: number) => Promise<void>;
};
