import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { connect } from "node:tls";

const connectTimeoutMs = 5_000;

/** When the first certificate of a PEM file expires; null if the file has none or cannot be read. */
export async function certificateFileExpiry(file: string): Promise<number | null> {
  try {
    return new X509Certificate(await readFile(file)).validToDate.getTime();
  } catch {
    return null;
  }
}

/** When the certificate that an https:// server presents expires; null if it cannot be reached. */
export function serverCertificateExpiry(url: string): Promise<number | null> {
  const { hostname, port } = new URL(url);
  const host = hostname.replaceAll(/[[\]]/g, "");
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: port === "" ? 443 : Number(port),
      // Its expiry is read even if it has expired; nothing is sent.
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    const end = (at: number | null) => {
      socket.destroy();
      resolve(at);
    };
    socket.setTimeout(connectTimeoutMs, () => end(null));
    socket.once("error", () => end(null));
    socket.once("secureConnect", () => {
      const at = Date.parse(socket.getPeerCertificate().valid_to);
      end(Number.isNaN(at) ? null : at);
    });
  });
}
