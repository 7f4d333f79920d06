import { readFileSync } from "node:fs";
import { Server } from "@grpc/grpc-js";
import { mutualTlsServerCredentials } from "@satsconnect/contracts/grpc";
import { HealthService } from "@satsconnect/contracts/grpc/health";
import { NodeServiceService } from "@satsconnect/contracts/grpc/node";
import type { NodeServiceServer } from "@satsconnect/contracts/grpc/node";
import { PaymentServiceService } from "@satsconnect/contracts/grpc/payment";
import type { PaymentServiceServer } from "@satsconnect/contracts/grpc/payment";
import { WalletServiceService } from "@satsconnect/contracts/grpc/wallet";
import type { WalletServiceServer } from "@satsconnect/contracts/grpc/wallet";
import { decodingService } from "./decoding.ts";
import { healthService } from "./health-service.ts";

export type GrpcServerOptions = {
  readonly listen: { readonly host: string; readonly port: number };
  /** Paths of PEM files. Only clients whose certificate the same authority issued may connect. */
  readonly tls: { readonly authority: string; readonly certificate: string; readonly key: string };
  readonly services: {
    readonly wallet: WalletServiceServer;
    readonly payment: PaymentServiceServer;
    readonly node: NodeServiceServer;
  };
  readonly ready: () => Promise<boolean>;
};

export type GrpcService = { readonly port: number; readonly close: () => void };

/** In bytes. An invoice has at most 4 KB, and all other fields are shorter. */
const maxMessageLength = 64 * 1_024;

const serviceNames = [
  "satsconnect.wallet.v1.WalletService",
  "satsconnect.payment.v1.PaymentService",
  "satsconnect.node.v1.NodeService",
];

/** Serves the three services and the health service over mutual TLS. Resolves once the server listens. */
export async function serveGrpc(options: GrpcServerOptions): Promise<GrpcService> {
  const server = new Server({
    "grpc.max_receive_message_length": maxMessageLength,
    "grpc.max_concurrent_streams": 1_000,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
  });
  server.addService(decodingService(WalletServiceService), options.services.wallet);
  server.addService(decodingService(PaymentServiceService), options.services.payment);
  server.addService(decodingService(NodeServiceService), options.services.node);
  server.addService(HealthService, healthService(options.ready, serviceNames));
  const credentials = mutualTlsServerCredentials({
    authority: readFileSync(options.tls.authority),
    certificate: readFileSync(options.tls.certificate),
    key: readFileSync(options.tls.key),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      `${options.listen.host}:${String(options.listen.port)}`,
      credentials,
      (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      },
    );
  });
  return {
    port,
    // Event streams never end by themselves, so shut down by force. Their clients resubscribe from their cursor.
    close: () => server.forceShutdown(),
  };
}
