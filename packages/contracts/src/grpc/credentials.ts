import { credentials, ServerCredentials } from "@grpc/grpc-js";
import type { ChannelCredentials } from "@grpc/grpc-js";

/** PEM files of one end of a mutual TLS connection. Both ends' certificates are issued by one private authority. */
export type MutualTls = {
  readonly authority: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
};

/** Credentials of a client that presents its certificate and accepts only servers of the same authority. */
export function mutualTlsClientCredentials(tls: MutualTls): ChannelCredentials {
  return credentials.createSsl(tls.authority, tls.key, tls.certificate);
}

/** Credentials of a server that refuses every client without a certificate of the same authority. */
export function mutualTlsServerCredentials(tls: MutualTls): ServerCredentials {
  return ServerCredentials.createSsl(
    tls.authority,
    [{ private_key: tls.key, cert_chain: tls.certificate }],
    true,
  );
}
