import type { LightningNode } from "@satsconnect/lightning";
import { maxTotalCltvBlocks } from "@satsconnect/money";
import type { LightningBackend } from "./backend.ts";

/** LDK fails a held HTLC back this many blocks before it expires (`HTLC_FAIL_BACK_BUFFER`). */
const failBackBuffer = 39;
/** LDK adds this many blocks to the `min_final_cltv_expiry_delta` it is given. */
const ldkGrace = 3;

/** The `min_final_cltv_expiry_delta` (BOLT 11 `c`) to give to LDK so that a payment can be held for `holdBlocks`. */
function finalCltvDelta(holdBlocks: number): number {
  return failBackBuffer + holdBlocks - ldkGrace;
}

/** The backend over a Lightning node in this process. */
export function embeddedBackend(node: LightningNode): LightningBackend {
  return {
    nodeId: node.nodeId,
    network: node.network,
    implementation: { core: node.core.kind, version: node.core.version.lightning },
    tip: () => node.tip(),
    running: () => node.status === "running",
    decodeInvoice: (invoice) => node.decodeInvoice(invoice),
    newHeldInvoice: ({ idempotencyKey, holdBlocks, paymentHash, ...request }) =>
      node.createInvoice({
        ...request,
        minFinalCltvExpiryDelta: finalCltvDelta(holdBlocks),
        idempotencyKey,
        hold: true,
        ...(paymentHash === undefined ? {} : { paymentHash }),
      }),
    pay: (request) =>
      node.pay({ ...request, openChannelToPayee: true, maxCltvExpiryDelta: maxTotalCltvBlocks }),
    admits: (request) => node.admits(request),
    claimHeld: (paymentHash, preimage) => node.claimHeld(paymentHash, preimage),
    failHeld: (paymentHash) => node.failHeld(paymentHash),
    payment: (paymentHash) => node.payment(paymentHash),
    paymentByKey: (idempotencyKey) => node.paymentByKey(idempotencyKey),
    spentSince: (sinceMs) => node.spentSince(sinceMs),
    events: (afterSequence, signal) => node.events(afterSequence, signal),
    estimateRoute: (invoice, amountMsat) => node.estimateRoute(invoice, amountMsat),
    peers: () => node.peers(),
    connectPeer: (nodeId, address) => node.connect({ nodeId, address }),
    channels: () => node.channels(),
    openChannel: (request) => node.openChannel(request),
    closeChannel: (channelId, force) => node.closeChannel(channelId, { force }),
    estimateChannelOpen: (peer, amountMsat) => node.estimateChannelOpen(peer, amountMsat),
    pauseForwards: (paused) => node.pauseForwards(paused),
    balances: () => node.balances(),
    graphSize: () => node.graphSize(),
    newAddress: () => node.newAddress(),
    onChainTransactions: () => node.onChainTransactions(),
    sendOnChain: (request) => node.sendOnChain(request),
    bumpFee: (request) => node.bumpFee(request),
    sentOnChainSince: (sinceMs) => node.sentOnChainSince(sinceMs),
    feeRates: () => node.feeRates(),
  };
}
