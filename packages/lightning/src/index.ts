export type {
  BroadcastErrorCode,
  ChainConsumer,
  ChainErrorCode,
  ChainPosition,
  ChainSource,
  ChainTip,
  FeeRates,
  WatchItem,
} from "./chain/chain-source.ts";
export { esploraChain } from "./chain/esplora.ts";
export type { EsploraChainOptions } from "./chain/esplora.ts";
export { provesInclusion, readHeader } from "./chain/proof.ts";
export { CoreCrashed, CoreRefused } from "./core/core.ts";
export type { CoreInstance, LightningCore } from "./core/core.ts";
export type {
  ClosureKind,
  ForwardingTerms,
  LogLevel,
  Lsps2MenuEntry,
  NetworkName,
} from "./core/generated/index.ts";
export { loadWasmCore } from "./core/wasm-core.ts";
export { lsps2OpeningFee, standardLspPolicy } from "./lsps2/lsp-policy.ts";
export type {
  LspGrantDecision,
  LspGrantRequest,
  LspMenuRequest,
  LspPolicy,
  LspSituation,
  LspSizeDecision,
  LspSizeRequest,
  StandardLspTerms,
} from "./lsps2/lsp-policy.ts";
export type { NodeEvent, NodeEventBody } from "./node/events.ts";
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
} from "./node/lightning-node.ts";
export type { OpenErrorCode } from "./node/node-host.ts";
export { LightningNode } from "./node/open.ts";
export { acceptConfirmed, acceptNone, acceptOnlyFrom } from "./node/policy.ts";
export type {
  ChannelDecision,
  ChannelRequest,
  NodePolicy,
  PaymentAdmission,
} from "./node/policy.ts";
export type { Balances, Channel, OnChainTransaction, Peer } from "./node/views.ts";
export { decodeInvoice } from "./payments/invoice.ts";
export { isFinal } from "./payments/payment.ts";
export type {
  InboundPayment,
  InboundState,
  OutboundFailure,
  OutboundPayment,
  OutboundState,
  Payment,
} from "./payments/payment.ts";
export { systemClock } from "./ports/clock.ts";
export type { Clock } from "./ports/clock.ts";
export { systemEntropy } from "./ports/entropy.ts";
export type { EntropySource } from "./ports/entropy.ts";
export { silentLogger } from "./ports/logger.ts";
export type { LogFields, Logger } from "./ports/logger.ts";
export { WriterFenced } from "./store/commit-store.ts";
export type {
  CommitStore,
  Row,
  RowChange,
  RowRange,
  StoredEvent,
  StorePosition,
  StoreWrite,
} from "./store/commit-store.ts";
export { MemoryMedium, memoryStore } from "./store/memory-store.ts";
export { SealBroken, sealStore } from "./store/sealed-store.ts";
export { anyTransport } from "./transport/transport.ts";
export type {
  ConnectErrorCode,
  Connection,
  ConnectionHandlers,
  Listener,
  PeerAddress,
  Transport,
} from "./transport/transport.ts";
export { webSocketTransport } from "./transport/web-socket.ts";
