import { Metadata } from "@grpc/grpc-js";
import type {
  CallOptions,
  ClientReadableStream,
  ClientUnaryCall,
  ServiceError,
} from "@grpc/grpc-js";
import { err, ok } from "@satsconnect/money";
import type { Failure, Result } from "@satsconnect/money";
import { NodeServiceClient } from "../generated/satsconnect/node/v1/node.ts";
import type {
  EstimateChannelOpenRequest,
  EstimateChannelOpenResponse,
  GetInfoRequest,
  GetInfoResponse,
  GetTreasuryRequest,
  GetTreasuryResponse,
  ListChannelsRequest,
  ListChannelsResponse,
  ListPausesRequest,
  ListPausesResponse,
  RotateStateKeyRequest,
  RotateStateKeyResponse,
  GetStateKeysRequest,
  GetStateKeysResponse,
  ListPeersRequest,
  ListPeersResponse,
  ConnectPeerRequest,
  ConnectPeerResponse,
  OpenChannelRequest,
  OpenChannelResponse,
  SetPauseRequest,
  SetPauseResponse,
  CloseChannelRequest,
  CloseChannelResponse,
  BumpFeeRequest,
  BumpFeeResponse,
  CheckPaymentRequest,
  CheckPaymentResponse,
  ListClosedChannelsRequest,
  ListClosedChannelsResponse,
  ListOnChainTransactionsRequest,
  ListOnChainTransactionsResponse,
  SendOnChainRequest,
  SendOnChainResponse,
  NewAddressRequest,
  NewAddressResponse,
} from "../generated/satsconnect/node/v1/node.ts";
import { PaymentServiceClient } from "../generated/satsconnect/payment/v1/payment.ts";
import type {
  GetPaymentStatusRequest,
  GetPaymentStatusResponse,
  PaymentEvent,
  ProcessPaymentRequest,
  ProcessPaymentResponse,
  ProcessRefundRequest,
  ProcessRefundResponse,
} from "../generated/satsconnect/payment/v1/payment.ts";
import { WalletServiceClient } from "../generated/satsconnect/wallet/v1/wallet.ts";
import type {
  CreateWalletRequest,
  CreateWalletResponse,
  GetBalanceRequest,
  GetBalanceResponse,
  NewInvoiceRequest,
  NewInvoiceResponse,
  SendPaymentRequest,
  SendPaymentResponse,
} from "../generated/satsconnect/wallet/v1/wallet.ts";
import { mutualTlsClientCredentials } from "./credentials.ts";
import type { MutualTls } from "./credentials.ts";
import { serviceErrorToFailure } from "./failure.ts";

/** Options of a call. The deadline is mandatory on purpose: the engine refuses calls without one. */
export type EngineCallOptions = {
  /** Timeout of this call in milliseconds from now. */
  readonly deadlineMs: number;
  readonly correlationId?: string;
};

export type UnaryCall<Request, Response> = (
  request: Request,
  options: EngineCallOptions,
) => Promise<Result<Response>>;

/** An endless subscription: after `cancel`, or when the connection breaks, the iteration throws `SubscriptionBroken`. */
export type Subscription<Event> = AsyncIterable<Event> & {
  readonly cancel: () => void;
};

export type EngineClient = {
  readonly wallet: {
    readonly createWallet: UnaryCall<CreateWalletRequest, CreateWalletResponse>;
    readonly getBalance: UnaryCall<GetBalanceRequest, GetBalanceResponse>;
    readonly newInvoice: UnaryCall<NewInvoiceRequest, NewInvoiceResponse>;
    readonly sendPayment: UnaryCall<SendPaymentRequest, SendPaymentResponse>;
  };
  readonly payment: {
    readonly processPayment: UnaryCall<ProcessPaymentRequest, ProcessPaymentResponse>;
    readonly getPaymentStatus: UnaryCall<GetPaymentStatusRequest, GetPaymentStatusResponse>;
    readonly processRefund: UnaryCall<ProcessRefundRequest, ProcessRefundResponse>;
    /**
     * Every change of every payment after a sequence number, at least once and in order. The iteration throws
     * `SubscriptionBroken` when the connection ends: subscribe again from the last sequence that was stored.
     */
    readonly paymentStream: (afterSequence: bigint) => Subscription<PaymentEvent>;
  };
  readonly node: {
    readonly getInfo: UnaryCall<GetInfoRequest, GetInfoResponse>;
    readonly getTreasury: UnaryCall<GetTreasuryRequest, GetTreasuryResponse>;
    readonly listChannels: UnaryCall<ListChannelsRequest, ListChannelsResponse>;
    readonly listPeers: UnaryCall<ListPeersRequest, ListPeersResponse>;
    readonly connectPeer: UnaryCall<ConnectPeerRequest, ConnectPeerResponse>;
    readonly openChannel: UnaryCall<OpenChannelRequest, OpenChannelResponse>;
    readonly closeChannel: UnaryCall<CloseChannelRequest, CloseChannelResponse>;
    readonly listClosedChannels: UnaryCall<ListClosedChannelsRequest, ListClosedChannelsResponse>;
    readonly newAddress: UnaryCall<NewAddressRequest, NewAddressResponse>;
    readonly sendOnChain: UnaryCall<SendOnChainRequest, SendOnChainResponse>;
    readonly bumpFee: UnaryCall<BumpFeeRequest, BumpFeeResponse>;
    readonly listOnChainTransactions: UnaryCall<
      ListOnChainTransactionsRequest,
      ListOnChainTransactionsResponse
    >;
    readonly checkPayment: UnaryCall<CheckPaymentRequest, CheckPaymentResponse>;
    readonly estimateChannelOpen: UnaryCall<
      EstimateChannelOpenRequest,
      EstimateChannelOpenResponse
    >;
    readonly setPause: UnaryCall<SetPauseRequest, SetPauseResponse>;
    readonly listPauses: UnaryCall<ListPausesRequest, ListPausesResponse>;
    readonly rotateStateKey: UnaryCall<RotateStateKeyRequest, RotateStateKeyResponse>;
    readonly getStateKeys: UnaryCall<GetStateKeysRequest, GetStateKeysResponse>;
  };
  readonly close: () => void;
};

export class SubscriptionBroken extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`${failure.code}: ${failure.message}`);
    this.name = "SubscriptionBroken";
    this.failure = failure;
  }
}

/**
 * A client of the engine over mutual TLS. Calls return results: a refusal keeps the engine's code, and a call without a
 * response has `retry: "unknown"`. `onFailure` is called for every call that failed.
 */
export function connectEngine(
  address: string,
  tls: MutualTls,
  onFailure: (method: string, failure: Failure) => void = () => {},
): EngineClient {
  const unary = <Request, Response>(name: string, method: GeneratedMethod<Request, Response>) =>
    unaryCall(method, (failure) => onFailure(name, failure));
  const channelOptions = {
    ...serverName(address),
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 5_000,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2_000,
    "grpc.max_receive_message_length": 4 * 1024 * 1024,
  };
  const channelCredentials = mutualTlsClientCredentials(tls);
  const wallet = new WalletServiceClient(address, channelCredentials, channelOptions);
  const payment = new PaymentServiceClient(address, channelCredentials, channelOptions);
  const node = new NodeServiceClient(address, channelCredentials, channelOptions);
  return {
    wallet: {
      createWallet: unary("createWallet", wallet.createWallet.bind(wallet)),
      getBalance: unary("getBalance", wallet.getBalance.bind(wallet)),
      newInvoice: unary("newInvoice", wallet.newInvoice.bind(wallet)),
      sendPayment: unary("sendPayment", wallet.sendPayment.bind(wallet)),
    },
    payment: {
      processPayment: unary("processPayment", payment.processPayment.bind(payment)),
      getPaymentStatus: unary("getPaymentStatus", payment.getPaymentStatus.bind(payment)),
      processRefund: unary("processRefund", payment.processRefund.bind(payment)),
      paymentStream: (afterSequence) => subscription(payment.paymentStream({ afterSequence })),
    },
    node: {
      getInfo: unary("getInfo", node.getInfo.bind(node)),
      getTreasury: unary("getTreasury", node.getTreasury.bind(node)),
      listChannels: unary("listChannels", node.listChannels.bind(node)),
      listPeers: unary("listPeers", node.listPeers.bind(node)),
      connectPeer: unary("connectPeer", node.connectPeer.bind(node)),
      openChannel: unary("openChannel", node.openChannel.bind(node)),
      closeChannel: unary("closeChannel", node.closeChannel.bind(node)),
      listClosedChannels: unary("listClosedChannels", node.listClosedChannels.bind(node)),
      newAddress: unary("newAddress", node.newAddress.bind(node)),
      sendOnChain: unary("sendOnChain", node.sendOnChain.bind(node)),
      bumpFee: unary("bumpFee", node.bumpFee.bind(node)),
      listOnChainTransactions: unary(
        "listOnChainTransactions",
        node.listOnChainTransactions.bind(node),
      ),
      checkPayment: unary("checkPayment", node.checkPayment.bind(node)),
      estimateChannelOpen: unary("estimateChannelOpen", node.estimateChannelOpen.bind(node)),
      setPause: unary("setPause", node.setPause.bind(node)),
      listPauses: unary("listPauses", node.listPauses.bind(node)),
      rotateStateKey: unary("rotateStateKey", node.rotateStateKey.bind(node)),
      getStateKeys: unary("getStateKeys", node.getStateKeys.bind(node)),
    },
    close: () => {
      wallet.close();
      payment.close();
      node.close();
    },
  };
}

/** A TLS server name cannot be an IP address (RFC 6066, §3): for loopback addresses, expect `localhost` instead. */
function serverName(address: string): { readonly "grpc.ssl_target_name_override"?: string } {
  return /^(?:127(?:\.\d+){3}|\[::1\]):/.test(address)
    ? { "grpc.ssl_target_name_override": "localhost" }
    : {};
}

type GeneratedMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

function unaryCall<Request, Response>(
  method: GeneratedMethod<Request, Response>,
  onFailure: (failure: Failure) => void,
): UnaryCall<Request, Response> {
  return (request, options) =>
    new Promise((resolve) => {
      const metadata = new Metadata();
      if (options.correlationId !== undefined)
        metadata.set("x-correlation-id", options.correlationId);
      method(
        request,
        metadata,
        { deadline: Date.now() + options.deadlineMs },
        (error, response) => {
          if (error === null) return resolve(ok(response));
          const failure = serviceErrorToFailure(error);
          onFailure(failure);
          resolve(err(failure.code, failure.message, failure.retry));
        },
      );
    });
}

function subscription<Event>(stream: ClientReadableStream<Event>): Subscription<Event> {
  async function* events(): AsyncGenerator<Event> {
    try {
      for await (const event of stream) yield event as Event;
    } catch (error) {
      throw new SubscriptionBroken(serviceErrorToFailure(error as ServiceError));
    } finally {
      stream.cancel();
    }
  }
  return { [Symbol.asyncIterator]: events, cancel: () => stream.cancel() };
}
