import type { Random } from "./random.ts";

/** The probability of each fault for one seed, from 0 to 1, each time it could occur. */
export type Faults = {
  /** The process crashes, before or after a call or commit. */
  readonly crash: number;
  /** The process stays down for hours after a crash. */
  readonly longDown: number;
  /** The caller times out: its request never arrives, or arrives after the timeout. */
  readonly lostRequest: number;
  readonly lostAnswer: number;
  readonly refused: number;
  readonly throttled: number;
  readonly slowAnswer: number;
  readonly callbackLost: number;
  readonly callbackDoubled: number;
  readonly callbackLate: number;
  readonly callbackForged: number;
  readonly callbackContradicted: number;
  readonly wrongAmount: number;
  readonly lateSuccess: number;
  readonly mpesaOutage: number;
  readonly payoutFails: number;
  readonly queueTimeout: number;
  readonly engineDown: number;
  readonly streamGap: number;
  readonly streamRepeat: number;
  readonly walletOffline: number;
  readonly lightningFails: number;
  readonly wakeLost: number;
  readonly holderMisbehaves: number;
  /** An operator sends a wrong act, or an act several times. */
  readonly operatorErrs: number;
  /** A payer has M-Pesa take the payment back. */
  readonly payerReverses: number;
  /** Another release of the node starts: for up to an hour it refuses half of the calls that it would accept. */
  readonly rollout: number;
  /** The node's database is lost or restored: it does not know a payment that it holds. */
  readonly engineForgets: number;
  readonly chainUnreliable: number;
  /** A process starts with a clock that is up to 36 hours off. */
  readonly clockSkewed: number;
};

export const noFaults: Faults = drawFaults({ next: () => 0, chance: () => true });

/** About one seed in seven has no faults. In the others, each fault is absent, has its usual rate, or a bad one. */
export function drawFaults(random: Pick<Random, "next" | "chance">): Faults {
  const isFaultless = random.chance(0.15);
  const draw = (usual: number, bad: number) => {
    if (isFaultless) return 0;
    const kind = random.next();
    return kind < 0.5 ? 0 : kind < 0.85 ? usual : bad;
  };
  return {
    crash: draw(0.01, 0.06),
    longDown: draw(0, 0.1),
    lostRequest: draw(0.05, 0.4),
    lostAnswer: draw(0.08, 0.5),
    refused: draw(0.03, 0.2),
    throttled: draw(0.05, 0.4),
    slowAnswer: draw(0.2, 0.8),
    callbackLost: draw(0.1, 0.9),
    callbackDoubled: draw(0.1, 0.7),
    callbackLate: draw(0.1, 0.5),
    callbackForged: draw(0.1, 0.6),
    callbackContradicted: draw(0.05, 0.3),
    wrongAmount: draw(0.02, 0.2),
    lateSuccess: draw(0.1, 0.5),
    mpesaOutage: draw(0.05, 0.3),
    payoutFails: draw(0.1, 0.5),
    queueTimeout: draw(0.05, 0.4),
    engineDown: draw(0.05, 0.4),
    streamGap: draw(0.1, 0.7),
    streamRepeat: draw(0.1, 0.5),
    walletOffline: draw(0.1, 0.5),
    lightningFails: draw(0.1, 0.5),
    wakeLost: draw(0.2, 1),
    holderMisbehaves: draw(0.1, 0.5),
    operatorErrs: draw(0.1, 0.5),
    payerReverses: draw(0.05, 0.3),
    rollout: draw(0.05, 0.3),
    engineForgets: draw(0, 0.05),
    chainUnreliable: draw(0.1, 0.5),
    clockSkewed: draw(0.5, 1),
  };
}
