import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import type { TLSSocket } from "node:tls";

export type TlsFiles = { readonly certificate: string; readonly key: string };

/** A recording proxy between api and engine. It terminates TLS with the test's keys of both sides. */
export async function tapGrpc(options: {
  readonly engine: string;
  readonly authority: string;
  readonly asEngine: TlsFiles;
  readonly asApi: TlsFiles;
}): Promise<{
  readonly address: string;
  readonly recorded: () => Buffer;
  readonly stop: () => Promise<void>;
}> {
  const read = (file: string): Buffer => readFileSync(file);
  const recorded: Buffer[] = [];
  const sockets = new Set<TLSSocket>();
  const [host = "", port = ""] = options.engine.split(":");
  const server = createServer({
    cert: read(options.asEngine.certificate),
    key: read(options.asEngine.key),
    ca: read(options.authority),
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ["h2"],
  });
  server.on("secureConnection", (client) => {
    const upstream = connect({
      host,
      port: Number(port),
      cert: read(options.asApi.certificate),
      key: read(options.asApi.key),
      ca: read(options.authority),
      ALPNProtocols: ["h2"],
    });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes: Buffer) => {
        recorded.push(bytes);
        to.write(bytes);
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    address: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    recorded: () => Buffer.concat(recorded),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
