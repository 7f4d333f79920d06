import type { Balances } from "@satsconnect/lightning";

/** Satoshis in closed channels that are not in the on-chain wallet yet: to be claimed, swept or confirmed. */
export function claimableTotal({ claimable, sweepingSat, closingSat }: Balances): bigint {
  return claimable.reduce((sum, { amountSat }) => sum + amountSat, sweepingSat + closingSat);
}

/** Satoshis in the on-chain wallet, spendable or not. */
export function onChainTotal({ onChain }: Balances): bigint {
  return (
    onChain.confirmedSat +
    onChain.trustedPendingSat +
    onChain.untrustedPendingSat +
    onChain.immatureSat
  );
}
