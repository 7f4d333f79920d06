export { ByteReader, ByteWriter } from "./encoding/byte-buffer.ts";
export { readBlockHeader } from "./bitcoin/block-header.ts";
export { merkleBranch, rootOfBranch } from "./bitcoin/merkle.ts";
export { parseTransaction } from "./bitcoin/transaction.ts";
export { esploraChain } from "./chain/esplora.ts";
export { severalSources } from "./chain/several-sources.ts";
export type { EsploraChainOptions } from "./chain/esplora.ts";
export { CoreCrashed, CoreRefused } from "./core/core.ts";
export type { CoreInstance, LightningCore } from "./core/core.ts";
export type {
  ClosureKind,
  ForwardingTerms,
  LogLevel,
  Lsps2MenuEntry,
  NetworkName,
} from "./core/generated/index.ts";
export type { WatchItem } from "./core/output.ts";
export { loadWasmCore } from "./core/wasm-core.ts";
export { httpSnapshots } from "./gossip/http-snapshots.ts";
export type { HttpSnapshotsOptions } from "./gossip/http-snapshots.ts";
export { addressRange } from "./model/address-range.ts";
export type { NodeEvent, NodeEventBody } from "./model/events.ts";
export { isInvoiceFor } from "./model/invoice-network.ts";
export type { JusticeItem, JusticeState } from "./model/justice.ts";
export { jitChannelFee } from "./model/jit-channel-fee.ts";
export type {
  ChannelErrorCode,
  ChannelOpenEstimate,
  HeldErrorCode,
  InvoiceDetails,
  InvoiceErrorCode,
  InvoiceRequest,
  JitErrorCode,
  JitInvoice,
  JitInvoiceRequest,
  GossipOptions,
  GossipSnapshot,
  LightningNodeOptions,
  NodeErrorCode,
  NodeSettings,
  NodeStatus,
  OpenChannelRequest,
  OpenedChannel,
  OpeningTerms,
  PayErrorCode,
  PayOfferRequest,
  PayRequest,
  PaymentQuery,
  NodeFeeRates,
  OnChainSent,
} from "./model/lightning-node.ts";
export { standardLspPolicy } from "./model/lsp-policy.ts";
export type {
  LspGrantDecision,
  LspGrantRequest,
  LspMenuRequest,
  LspPolicy,
  LspUsage,
  LspSizeDecision,
  LspSizeRequest,
  StandardLspTerms,
} from "./model/lsp-policy.ts";
export { acceptConfirmed, acceptNone, acceptOnlyFrom } from "./model/node-policy.ts";
export type {
  ChannelDecision,
  ChannelRequest,
  NodePolicy,
  OnChainAdmission,
  PaymentAdmission,
} from "./model/node-policy.ts";
export { Places } from "./model/places.ts";
export type { PlaceHolder, PlaceLimits } from "./model/places.ts";
export { isFinal } from "./model/payment.ts";
export type {
  InboundPayment,
  InboundState,
  OutboundFailure,
  OutboundPayment,
  OutboundState,
  Payment,
} from "./model/payment.ts";
export type { Balances, Channel, OnChainTransaction, Peer } from "./model/views.ts";
export type { OpenErrorCode } from "./node/node-host.ts";
export { LightningNode } from "./node/open.ts";
export { decodeInvoice } from "./payments/invoice.ts";
export type {
  BroadcastErrorCode,
  ChainConsumer,
  ChainErrorCode,
  ChainPosition,
  ChainSource,
  ChainTip,
  FeeEstimates,
  FeeRates,
} from "./ports/chain-source.ts";
export type { SnapshotAnswer, SnapshotSource } from "./ports/snapshot-source.ts";
export { systemClock } from "./ports/clock.ts";
export type { Clock } from "./ports/clock.ts";
export { WriterFenced } from "./ports/commit-store.ts";
export type {
  CommitStore,
  Row,
  RowChange,
  RowRange,
  StoredEvent,
  StorePosition,
  StoreWrite,
} from "./ports/commit-store.ts";
export { systemEntropy } from "./ports/entropy.ts";
export type { EntropySource } from "./ports/entropy.ts";
export { silentLogger } from "./ports/logger.ts";
export type { LogFields, Logger } from "./ports/logger.ts";
export type {
  ConnectErrorCode,
  Connection,
  ConnectionHandlers,
  Listener,
  PeerAddress,
  Transport,
} from "./ports/transport.ts";
export { MemoryMedium, memoryStore } from "./store/memory-store.ts";
export { encryptedStore } from "./store/encrypted-store.ts";
export { DecryptionFailed, keyId, newKeyRing } from "./store/key-ring.ts";
export type { KeyRing } from "./store/key-ring.ts";
export { anyTransport } from "./transport/any-transport.ts";
export { webSocketTransport } from "./transport/web-socket.ts";
