/*
 * Keeps calls to an API that does not answer from holding up everything else (bulkhead and circuit breaker), in one
 * process. Each API of M-Pesa has its own: payouts that hang do not stop prompts.
 */

/** Calls of one API at the same time. Fewer than the sweeper's lanes, so that some remain for other work. */
const maxInFlight = 6;
/** A call that gets no place within this time is refused. */
const maxQueueMs = 3_000;
/** After this many calls in a row without an answer, no call is made for `openMs`, then one as a trial. */
const maxUnanswered = 6;
const openMs = 15_000;

export type Circuit = {
  /** Whether calls are made at all. */
  readonly isClosed: () => boolean;
  /**
   * Makes the call, or returns null without making it.
   * @param isUnanswered whether the outcome means that the API does not answer.
   */
  readonly run: <Outcome>(
    call: () => Promise<Outcome>,
    isUnanswered: (outcome: Outcome) => boolean,
  ) => Promise<Outcome | null>;
};

export function createCircuit(elapsed: () => number): Circuit {
  let inFlight = 0;
  let unanswered = 0;
  let openUntil = 0;
  const waiting: (() => void)[] = [];

  const isOpen = () => unanswered >= maxUnanswered;

  /** Returns false if no place became free in time. */
  async function enter(): Promise<boolean> {
    if (inFlight < maxInFlight) {
      inFlight += 1;
      return true;
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(proceed), 1);
        resolve(false);
      }, maxQueueMs);
      const proceed = () => {
        clearTimeout(timer);
        resolve(true);
      };
      waiting.push(proceed);
    });
  }

  /** Gives the place to the first that waits for it. */
  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) inFlight -= 1;
    else next();
  }

  return {
    isClosed: () => !isOpen(),
    run: async (call, isUnanswered) => {
      if (isOpen()) {
        if (elapsed() < openUntil) return null;
        // This call is the trial; the others wait for its outcome.
        openUntil = elapsed() + openMs;
      }
      if (!(await enter())) return null;
      try {
        const outcome = await call();
        unanswered = isUnanswered(outcome) ? unanswered + 1 : 0;
        if (isOpen()) openUntil = elapsed() + openMs;
        return outcome;
      } finally {
        leave();
      }
    },
  };
}
