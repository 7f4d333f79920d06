import { constants, createPublicKey, publicEncrypt, X509Certificate } from "node:crypto";

/**
 * Encrypts the initiator's password for M-Pesa: base64 of RSA PKCS#1 v1.5 with the public key of M-Pesa's certificate
 * (portal page "Getting started"). Ignores the certificate's validity period: Safaricom's published ones have expired.
 * @param certificate PEM of an X.509 certificate or of a public key.
 * @throws Error if it is neither, or not an RSA key.
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
