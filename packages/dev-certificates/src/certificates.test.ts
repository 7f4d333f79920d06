import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { connect, createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { issueCertificates, selfSignedCertificate } from "./certificates.ts";
import type { Identity } from "./certificates.ts";

/** Connects over mutual TLS. @returns the server's greeting, or `refused`. */
async function handshake(
  server: { readonly identity: Identity; readonly authority: string },
  client: { readonly identity?: Identity; readonly authority: string },
): Promise<string> {
  const listener = createServer({
    cert: server.identity.certificate,
    key: server.identity.key,
    ca: server.authority,
    requestCert: true,
    rejectUnauthorized: true,
  });
  listener.on("secureConnection", (socket) => {
    socket.on("error", () => undefined);
    socket.end("hello");
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  const heard = await new Promise<string>((resolve) => {
    const socket = connect({
      host: "127.0.0.1",
      port,
      ca: client.authority,
      ...(client.identity === undefined
        ? {}
        : { cert: client.identity.certificate, key: client.identity.key }),
    });
    let text = "";
    socket.on("data", (data: Buffer) => (text += data.toString()));
    socket.on("error", () => resolve("refused"));
    socket.on("close", () => resolve(text === "" ? "refused" : text));
  });
  await new Promise((resolve) => listener.close(resolve));
  return heard;
}

test("two processes with certificates of one authority connect", async () => {
  const { authority, identities } = issueCertificates(["engine", "api"], Date.now());
  expect(
    await handshake(
      { identity: identities.engine, authority },
      { identity: identities.api, authority },
    ),
  ).toBe("hello");
  const leaf = new X509Certificate(identities.engine.certificate);
  expect(leaf.verify(new X509Certificate(authority).publicKey)).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.checkIP("127.0.0.1")).toBe("127.0.0.1");
});

test("refuses a client without a certificate, or with one of another authority", async () => {
  const ours = issueCertificates(["engine"], Date.now());
  const otherAuthority = issueCertificates(["api"], Date.now());
  const server = { identity: ours.identities.engine, authority: ours.authority };
  expect(await handshake(server, { authority: ours.authority })).toBe("refused");
  expect(
    await handshake(server, { identity: otherAuthority.identities.api, authority: ours.authority }),
  ).toBe("refused");
});

test("a self-signed certificate carries the key, the name and ten years of validity", () => {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const now = Date.parse("2026-03-02T09:00:00Z");
  const certificate = new X509Certificate(selfSignedCertificate("daraja.invalid", pair, now));
  expect(certificate.subject).toBe("CN=daraja.invalid");
  expect(certificate.verify(pair.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(pair.privateKey)).toBe(true);
  expect(Date.parse(certificate.validTo) - now).toBe(10 * 365 * 86_400_000);
});
