import { constants, createPublicKey, publicEncrypt, X509Certificate } from "node:crypto";

/**
 * The initiator's password for M-Pesa's eyes only: base64 of RSA PKCS#1 v1.5 with the key of M-Pesa's certificate
 * (portal page “Getting started”). The certificate's dates are not looked at: Safaricom's own have long expired.
 * @param certificate PEM of an X.509 certificate or of the public key alone.
 * @throws Error when it is neither, or no RSA key.
 */
export function securityCredential(password: string, certificate: string): string {
  const key = certificate.includes("BEGIN CERTIFICATE")
    ? new X509Certificate(certificate).publicKey
    : createPublicKey(certificate);
  if (key.asymmetricKeyType !== "rsa") throw new Error("M-Pesa's certificate must hold an RSA key");
  const encrypted = publicEncrypt(
    { key, padding: constants.RSA_PKCS1_PADDING },
    Buffer.from(password, "utf8"),
  );
  return encrypted.toString("base64");
}
