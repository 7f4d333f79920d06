import { schnorr } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`, "u"));

/** Largest request body in bytes, envelope included. */
export const maxTowerRequestBytes = 65_536;

/**
 * A request to a watchtower, sent as JSON to `POST /v1/requests`. The signature covers everything else, the tower's own
 * key included, so a request cannot be replayed to this or to another tower.
 */
export const signedRequestSchema = z.strictObject({
  /** The tower's public key. */
  tower: hex(32),
  /** The client's public key (BIP 340, 32 bytes, hex). */
  key: hex(32),
  /** Higher than that of every earlier request of this key. */
  sequence: z.int().positive(),
  action: z
    .string()
    .regex(/^[a-z]+(?:\.[a-z]+)*$/u)
    .max(40),
  /** The action's parameters, as JSON text. */
  body: z.string(),
  signature: hex(64),
});
export type SignedRequest = z.infer<typeof signedRequestSchema>;

/** The tower's answer to a request whose signature is valid. Its signature covers the request's too. */
export const signedAnswerSchema = z.strictObject({
  /** JSON text of a `TowerAnswer`. */
  body: z.string(),
  signature: hex(64),
});
export type SignedAnswer = z.infer<typeof signedAnswerSchema>;

/** The content of an answer: a value, or the code of a refusal. */
export const towerAnswerSchema = z.discriminatedUnion("status", [
  z.object({ status: z.literal("ok"), value: z.unknown() }),
  z.object({
    status: z.literal("refused"),
    code: z.string(),
    message: z.string(),
    /** With `tower_sequence_used`: the highest sequence that the tower has seen from this key. */
    lastSequence: z.int().nonnegative().optional(),
  }),
]);
export type TowerAnswer = z.infer<typeof towerAnswerSchema>;

/** A key pair for BIP 340 signatures. */
export type TowerKey = {
  /** 32 bytes, hex. */
  readonly publicKey: string;
  readonly sign: (digest: Uint8Array) => string;
};

/** @param secret 32 bytes; @param auxiliary fresh randomness for each signature (BIP 340) */
export function towerKey(secret: Uint8Array, auxiliary: () => Uint8Array): TowerKey {
  return {
    publicKey: bytesToHex(schnorr.getPublicKey(secret)),
    sign: (digest) => bytesToHex(schnorr.sign(digest, secret, auxiliary())),
  };
}

/** True if the key signed the digest; also false for a malformed key or signature. */
export function isSignedBy(key: string, digest: Uint8Array, signature: string): boolean {
  try {
    return schnorr.verify(hexToBytes(signature), digest, hexToBytes(key));
  } catch {
    return false;
  }
}

export function requestDigest(request: Omit<SignedRequest, "signature">): Uint8Array {
  const { tower, key, sequence, action, body } = request;
  return tagged("satsconnect watchtower request 1", [
    hexToBytes(tower),
    hexToBytes(key),
    utf8ToBytes(String(sequence).padStart(16, "0")),
    sha256(utf8ToBytes(action)),
    sha256(utf8ToBytes(body)),
  ]);
}

export function answerDigest(request: SignedRequest, body: string): Uint8Array {
  return tagged("satsconnect watchtower answer 1", [
    requestDigest(request),
    hexToBytes(request.signature),
    sha256(utf8ToBytes(body)),
  ]);
}

/** The tagged hash of BIP 340. */
function tagged(tag: string, parts: readonly Uint8Array[]): Uint8Array {
  const prefix = sha256(utf8ToBytes(tag));
  return sha256(concatBytes(prefix, prefix, ...parts));
}
