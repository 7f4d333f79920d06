/*
 * How long a recipient can hold back a payment that the operator sends. Meanwhile the price may move, and the recipient
 * decides: so the time is kept short.
 */

/**
 * The most blocks that the final hop of an invoice may ask for (`min_final_cltv_expiry_delta`, BOLT 11). Wallets on LDK ask
 * for up to 45 (ours do: LDK adds three blocks to the 42 it is told), Core Lightning and eclair for less.
 */
export const maxFinalCltvBlocks = 48;

/**
 * The most blocks until the first HTLC of such a payment expires. A buy goes over a direct channel; what is above the final
 * hop hides from the recipient that it is the last (BOLT 7, "shadow" route).
 */
export const maxTotalCltvBlocks = 72;
