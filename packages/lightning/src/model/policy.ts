/**
 * Limits, timeouts and intervals of a node, in one place. Times are milliseconds unless the name says otherwise. An
 * LSP's commercial terms are in `lsp-policy.ts`, the decisions that a node's owner supplies in `node-policy.ts`, and
 * the fee of a just-in-time channel in `jit-channel-fee.ts`.
 */

/** Peers and their connections. */
export const peerPolicy = {
  /** Stop reading from a peer while this many bytes wait to be sent to it. */
  maxSendBufferBytes: 4 * 1024 * 1024,
  /**
   * Tell the core that a connection's bytes have left, once there were this many, and read nothing from the peer until
   * then. The core takes twice as many from LDK before it waits for that.
   */
  reportSentBytes: 128 * 1024,
  /** Disconnect a peer once this many bytes wait to be sent to it. */
  disconnectSendBufferBytes: 64 * 1024 * 1024,
  /** Stop reading from all connections while this many bytes of input wait for the core. */
  maxCoreInputBytes: 8 * 1024 * 1024,
  /** Close a connection of ours whose BOLT 8 handshake takes longer. */
  handshakeTimeoutMs: 20_000,
  /** Close an inbound connection that has not identified itself by then: two round trips, on a slow mobile network. */
  inboundHandshakeTimeoutMs: 8_000,
  /** Inbound connections that have not identified themselves. Kept: for ranges from which known peers connected lately. */
  unidentified: { total: 1_000, keptForKnown: 500, graceMs: 2_000 },
  /**
   * Inbound peers without a channel. LDK 0.2 turns away everybody without a channel once it has 250 of them
   * (`MAX_NO_CHANNEL_PEERS`), so idle ones have to give up their places before. Kept: for peers that `knowsPeer` names.
   */
  guests: { total: 200, keptForKnown: 120, graceMs: 5_000 },
  /** Address ranges of known peers that are remembered. */
  maxKnownRanges: 10_000,
  /** Delay before the first reconnection attempt. It doubles with each failure. */
  minReconnectDelayMs: 1_000,
  maxReconnectDelayMs: 15_000,
  /** A TCP or WebSocket connection attempt fails after this long. */
  connectTimeoutMs: 15_000,
  /** After a close, unsent bytes are dropped once this has passed: a peer that does not read must not block us. */
  closeTimeoutMs: 1_000,
  /** Sockets on the WebSocket port that have not sent their HTTP request: how many, and for how long. */
  requests: { total: 1_000, keptForKnown: 0, graceMs: 2_000 },
  requestTimeoutMs: 5_000,
  /** Largest HTTP header of a WebSocket request, in bytes. */
  maxRequestHeaderBytes: 8_192,
  /** Largest WebSocket message accepted. No BOLT 8 burst is larger; more would be an attack on our memory. */
  maxWebSocketMessageBytes: 4 * 1024 * 1024,
} as const;

/** The core and the exchanges with it. */
export const corePolicy = {
  /** Delay before the core is restarted after a failure. It doubles with each failure. */
  minRestartDelayMs: 250,
  /** Also how long a session must last before the delay starts at the minimum again. */
  maxRestartDelayMs: 30_000,
  /** `close` waits at most this long for work in progress. */
  closeTimeoutMs: 5_000,
  /** Log lines of the core, from the level `info` on: how many at once, and how many a second after that. */
  logLines: { burst: 1_000, perSecond: 20 },
  /** How often the channel manager runs its periodic work. */
  managerTickMs: 60_000,
  /** How often peers are pinged and idle ones dropped. */
  peerTickMs: 10_000,
  /** How often unconfirmed transactions of ours are broadcast again. */
  rebroadcastTickMs: 30_000,
  /** How often the scorer is stored, if it has changed. What has changed in the network graph is stored every minute. */
  scorerIntervalMs: 10 * 60_000,
  /** Exchanges whose output waits for the store. While there are more, input waits, and the next exchange takes more of it. */
  maxUnstoredExchanges: 1,
  /** Delay before the next exchange when the core asks to be called again. */
  callAgainDelayMs: 50,
} as const;

/** Snapshots of the network graph, for nodes that exchange no gossip with peers. */
export const gossipPolicy = {
  /** How often a newer snapshot is downloaded while the node runs. */
  refreshMs: 3 * 60 * 60_000,
  /** Delay after a failure. It doubles with each failure. */
  minRetryMs: 30_000,
  maxRetryMs: 30 * 60_000,
  /** A payment without a route has a newer snapshot downloaded if the last attempt is at least this long ago. */
  routeRefreshMs: 3_000,
  /** Such a payment fails if the download takes longer. */
  maxRouteWaitMs: 20_000,
  /** The same for a payment that has no route just after another was claimed: its amount is not spendable yet. */
  claimSettleMs: 2_000,
  /** With an older graph everything is downloaded: servers have no changes from further back. */
  maxDeltaAgeMs: 3 * 24 * 60 * 60_000,
  /** After so many changes, or changes with as many bytes as the full snapshot (at least these), everything is downloaded. */
  maxDeltas: 48,
  minDeltaBytes: 65_536,
  /** A larger snapshot is refused. Mainnet's graph of 2026 has about three megabytes. */
  maxSnapshotBytes: 8 * 1024 * 1024,
  /** A download on which nothing has moved for this long is aborted. */
  stalledDownloadMs: 20_000,
} as const;

/** The second copy of the state (`CommitStore.released`). */
export const releasePolicy = {
  /**
   * Groups of exchanges that may wait for the second copy. At this number the node takes no more input from peers. It
   * still follows the chain and the time, and answers commands.
   */
  maxWaitingGroups: 64,
  /** Longest delay before the second copy is requested while further commits follow. */
  maxGatherMs: 50,
  /**
   * A transaction leaves after this long even without the second copy: the party that keeps the second copy may be the
   * one the transaction defends against. A second copy that works takes a second.
   */
  maxTransactionDelayMs: 60_000,
} as const;

/** Following the chain. */
export const chainPolicy = {
  /** How often feerates are refreshed. */
  feeRateIntervalMs: 60_000,
  /** Delay before the chain source is queried again, or a broadcast repeated, after a failure. */
  retryDelayMs: 5_000,
  /** Broadcast attempts while the chain source is unreachable. LDK rebroadcasts what matters. */
  maxBroadcastAttempts: 5,
  /** How often Bitcoin Core is polled when the options name no interval. */
  bitcoindPollIntervalMs: 1_000,
  bitcoindTimeoutMs: 30_000,
  /** Blocks whose transaction ids are kept to look up the funding outputs of announced channels. */
  blocksKeptForLookups: 16,
  /** How often Esplora is polled when the options name no interval. */
  esploraPollIntervalMs: 5_000,
  esploraTimeoutMs: 20_000,
  /** Requests to Esplora in flight at the same time. */
  maxEsploraRequests: 6,
  /** With several chain sources: how often the others are compared with the one that is followed. */
  compareSourcesEveryMs: 60_000,
  /** Another source is followed once its chain has had more work for this long. */
  switchSourceAfterMs: 2 * 60_000,
  /** A source that does not show the followed tip for this long is reported, and again each time it passes. */
  reportApartAfterMs: 20 * 60_000,
  /** How often the others are asked for transactions that the followed source may withhold. */
  crossCheckEveryMs: 60 * 60_000,
  /** Headers that are compared to find the block at which two sources part: a day's. */
  maxComparedHeaders: 144,
  /** A followed tip older than this stands still. */
  staleTipMs: 3 * 60 * 60_000,
  /** How many times easier than a known block another may be. A retarget allows a factor of four. */
  maxTargetRatio: 4n,
  /** Headers per request where the server has them in bulk (`block-headers`, our engine). 80 bytes each, as hex. */
  maxHeadersPerRequest: 250,
  /** Blocks per page of `blocks/:height`, at least; servers send 10 or 15. */
  esploraBlocksPerPage: 10,
  /** Deepest reorganisation that is followed. Bitcoin's deepest was 53 blocks, in 2010. */
  maxReorganisation: 144,
  /** Attempts to read a chain that changes meanwhile, before waiting for the next poll. */
  maxEsploraPasses: 10,
} as const;

/** Feerates, in satoshis per 1,000 weight units. */
export const feeRatePolicy = {
  /** Bitcoin's minimum relay feerate, rounded as LDK does. */
  minSatPerKwu: 253,
  /** 1,000 sat/vB: the node never pays more, whatever the estimator says. */
  maxSatPerKwu: 250_000,
  /**
   * LDK's `MaximumFeeEstimate` is never below this. Above it a peer's commitment feerate is refused, which closes the
   * channel, so it is generous.
   */
  minMaximumFeeEstimate: 10_000,
  /** Estimates older than this are no longer relied on. */
  maxEstimateAgeMs: 3 * 60 * 60_000,
  /** The last estimates are stored at most this often, for a start without any. */
  storeIntervalMs: 60 * 60_000,
  /**
   * On mainnet, without recent estimates, nothing is below these (20, 10, 5 and 2 sat/vB): a penalty or an HTLC's
   * timeout that stays in the mempool for want of an estimate loses the money it defends.
   */
  fallback: { urgent: 5_000, soon: 2_500, later: 1_250, someday: 500 },
} as const;

/** Justice transactions for a watchtower. */
export const justicePolicy = {
  /** About 2, 10, 50 and 300 sat/vB. A tower has the two weeks of `to_self_delay` to try them. */
  feeRatesSatPerKwu: [500, 2_500, 12_500, 75_000],
  /** A quarter of the output at most goes to miners, also if the tower wastes it. */
  maxFeeMillionths: 250_000,
  /** Items that may wait for a tower that does not answer: 2,500 payments, about 10 MB. */
  maxWaiting: 5_000,
} as const;

/** Cooperative closes of channels that we opened, and for which we pay the fee. */
export const closingPolicy = {
  /** A fee that is never too much: about what a force-close costs at the lowest feerates, with its sweep. */
  maxFeeSat: 5_000n,
  /** Nor is a fee up to this multiple of the urgent feerate: a force-close takes three transactions, and days. */
  maxFeeMultiple: 5,
} as const;

/**
 * The terms of a channel while forwards are paused: nobody can meet them, because an HTLC that expires 65,535 blocks from
 * now is refused by every node. Two sets, applied one after the other: for some minutes LDK also accepts what meets the
 * terms before the last change, so the last two must both be impossible.
 */
export const pausedForwarding = [
  { feeBaseMsat: 0xffff_ffff, feeProportionalMillionths: 0, cltvExpiryDelta: 65_534 },
  { feeBaseMsat: 0xffff_ffff, feeProportionalMillionths: 0, cltvExpiryDelta: 65_535 },
] as const;

/** LDK's forwarding terms, for a node whose settings name none. */
export const defaultForwarding = {
  feeBaseMsat: 1_000,
  feeProportionalMillionths: 0,
  cltvExpiryDelta: 72,
} as const;

/** Opening channels. */
export const channelPolicy = {
  /** An opening fails when the peer has not answered by then. */
  openTimeoutMs: 60_000,
  /** Failed openings for one of our own payments before that payment fails. */
  maxOpenAttempts: 3,
  /** Delay between those attempts. */
  openRetryDelayMs: 2_000,
  /**
   * Room beyond the payment in a channel opened for it: the reserve (at most 1 % on each side), the commitment fee and
   * the anchors.
   */
  sizeMargin: { divisor: 50n, fixedMsat: 20_000_000n },
  /** Weight of a commitment transaction with anchors and two HTLCs: its fee is part of that room. */
  commitmentWeight: 1_500,
  /** Weight of a funding transaction with two inputs and change. */
  fundingWeight: 888,
  /**
   * Expected weight of a close. A cooperative close has 676 units; a force close 2,274 with its bump and sweep. One in
   * seven is counted as a force close.
   */
  closingWeight: 904,
  /** The core fails an intercepted HTLC this many seconds after the LSP should have done so itself. */
  interceptMarginSeconds: 15,
} as const;

/** Opening channels as an LSP. The commercial terms are the operator's (`StandardLspTerms`). */
export const lspServicePolicy = {
  /**
   * Unused grants that a client may hold; the oldest is withdrawn for a new one. LDK refuses a client with ten requests
   * or unused grants, so this leaves room for a request of each kind.
   */
  maxGrantsPerClient: 8,
  /** Unused grants of all clients that have never paid for a channel and are not registered. */
  maxGrantsOfUnknown: 1_000,
  /** An opening is refused when its cost has grown to more than this multiple of the fee agreed for it. */
  maxCostPerFee: 2n,
  /** After the fee of a channel, at least the fee divided by this must be left of its first payment. */
  minReceivedDivisor: 2n,
  /**
   * A client is trusted with a channel before it pays for it once the fees it has paid are this multiple of a channel's
   * cost. A force close costs about twice what a fee counts on: eight fees also cover eight of those and one channel
   * left unpaid.
   */
  trustFees: 8n,
  /** How often channels that nobody has paid for are looked at. */
  sweepIntervalMs: 30_000,
  /** A channel whose funding is withheld is closed when no payment has been pending for this long. */
  unpaidGraceMs: 2 * 60_000,
  /** A client that left a funded channel unpaid counts as one that never paid for this long. */
  mistrustMs: 30 * 24 * 60 * 60_000,
  /** Window of the limits on openings. */
  openWindowMs: 60 * 60_000,
} as const;

/** Paying and being paid. */
export const paymentPolicy = {
  /** How often a pending payment is checked when no event triggers a check. */
  pendingPollMs: 250,
  /** A payment without a usable channel fails with `noRoute` after this long: time for channels to be re-established. */
  routeTimeoutMs: 60_000,
  /** A connection older than this has its channels re-established. */
  reestablishMs: 5_000,
  /** Longest accepted BOLT 11 or BOLT 12 text, in characters. Invoices in use have up to 2,000; a QR code holds 4,296. */
  maxRequestLength: 10_000,
  /** An ordinary invoice stays `open` this long after it expires: its HTLC may have been on its way already. */
  lateHtlcMs: 60 * 60_000,
  /** Longest invoice lifetime. */
  maxExpirySeconds: 365 * 86_400,
  /** Payments this much older than those that a spending limit counts stay in memory, and are forgotten in batches. */
  spendingMarginMs: 60 * 60_000,
  spendingTrimEntries: 1_000,
  /** Largest page of `payments`, and its default. */
  maxPageSize: 1_000,
  defaultPageSize: 100,
} as const;

/** Buying channels by LSPS2 (bLIP 52). */
export const lspClientPolicy = {
  /** The LSP must be connected, and answer a request, within this time. */
  answerTimeoutMs: 15_000,
  /** Terms must outlast the time they are needed for by this much. */
  validityMarginMs: 60_000,
  /** Terms are needed for as long as the invoice is valid, but no longer than this. */
  maxNeededValidityMs: 10 * 60_000,
} as const;
