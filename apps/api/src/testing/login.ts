import { randomBytes } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

export type TestNode = {
  readonly nodeId: string;
  readonly sign: (payload: unknown, header?: string) => string;
};

/** A node key that signs logins in the same form as the Lightning core. */
export function createTestNode(
  secretKey: Uint8Array = secp256k1.utils.randomSecretKey(),
): TestNode {
  const nodeId = bytesToHex(secp256k1.getPublicKey(secretKey, true));
  return {
    nodeId,
    sign: (
      payload,
      header = `{"alg":"ES256K","typ":"satsconnect-login+jwt","kid":"${nodeId}"}`,
    ) => {
      const text = typeof payload === "string" ? payload : JSON.stringify(payload);
      const signed = `${encode(header)}.${encode(text)}`;
      const signature = secp256k1.sign(sha256(utf8ToBytes(signed)), secretKey, {
        prehash: false,
        lowS: true,
      });
      return `${signed}.${Buffer.from(signature).toString("base64url")}`;
    },
  };
}

export function loginPayloadFor(
  audience: string,
  nowMs: number,
  deviceId = "device-one",
): Record<string, unknown> {
  const iat = Math.floor(nowMs / 1_000);
  return {
    aud: audience,
    iat,
    exp: iat + 60,
    nonce: randomBytes(16).toString("hex"),
    device: { id: deviceId, name: "A phone" },
  };
}

function encode(text: string): string {
  return Buffer.from(text).toString("base64url");
}
