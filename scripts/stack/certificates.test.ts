import { X509Certificate } from "node:crypto";
import { connect, createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { issueCertificates } from "./certificates.ts";
import type { Identity } from "./certificates.ts";

async function shake(
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

test("the certificates let two processes of one authority talk", async () => {
  const { authority, identities } = issueCertificates(["engine", "api"], Date.now());
  expect(
    await shake(
      { identity: identities.engine, authority },
      { identity: identities.api, authority },
    ),
  ).toBe("hello");
  const leaf = new X509Certificate(identities.engine.certificate);
  expect(leaf.verify(new X509Certificate(authority).publicKey)).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.checkIP("127.0.0.1")).toBe("127.0.0.1");
});

test("a process without a certificate, or of another authority, is refused", async () => {
  const ours = issueCertificates(["engine"], Date.now());
  const theirs = issueCertificates(["api"], Date.now());
  const server = { identity: ours.identities.engine, authority: ours.authority };
  expect(await shake(server, { authority: ours.authority })).toBe("refused");
  expect(await shake(server, { identity: theirs.identities.api, authority: ours.authority })).toBe(
    "refused",
  );
});
