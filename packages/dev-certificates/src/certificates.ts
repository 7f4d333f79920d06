import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import {
  bitString,
  boolean,
  integer,
  nullValue,
  objectId,
  octetString,
  sequence,
  set,
  tagged,
  utcTime,
  utf8String,
} from "./der.ts";

/** A certificate and its private key, both PEM. */
export type Identity = { readonly certificate: string; readonly key: string };

/** A private certificate authority and the identities it issued. The authority's own key is not kept. */
export type Authority<Name extends string> = {
  readonly authority: string;
  readonly identities: Readonly<Record<Name, Identity>>;
};

type KeyPair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

const dayMs = 24 * 60 * 60_000;
const lifetimeMs = 10 * 365 * dayMs;

const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"));
const rsaWithSha256 = sequence(objectId("2a864886f70d01010b"), nullValue);
const commonName = "550403";
const basicConstraints = "551d13";
const keyUsage = "551d0f";
const extendedKeyUsage = "551d25";
const subjectAlternativeName = "551d11";
const serverAuthentication = "2b06010505070301";
const clientAuthentication = "2b06010505070302";

/**
 * Issues certificates with which processes on this machine authenticate each other (X.509 v3, RFC 5280, P-256). Each is
 * valid for `localhost` and 127.0.0.1, as server and as client, for ten years.
 */
export function issueCertificates<Name extends string>(
  names: readonly Name[],
  now: number,
): Authority<Name> {
  const pair = newKeyPair();
  const issuer = distinguishedName("SatsConnect development authority");
  const authority = certificate({
    issuer,
    subject: issuer,
    publicKey: pair.publicKey,
    signWith: pair.privateKey,
    now,
    extensions: [
      extension(basicConstraints, sequence(boolean(true)), true),
      // keyCertSign
      extension(keyUsage, bitString(Buffer.from([0x04]), 2), true),
    ],
  });
  const identities = Object.fromEntries(
    names.map((name) => [name, issue(name, issuer, pair.privateKey, now)]),
  ) as Record<Name, Identity>;
  return { authority, identities };
}

/** A certificate for the pair's own public key, without extensions, as PEM: valid for ten years. */
export function selfSignedCertificate(name: string, pair: KeyPair, now: number): string {
  const subject = distinguishedName(name);
  return certificate({
    issuer: subject,
    subject,
    publicKey: pair.publicKey,
    signWith: pair.privateKey,
    now,
    extensions: [],
  });
}

function issue(name: string, issuer: Buffer, signWith: KeyObject, now: number): Identity {
  const pair = newKeyPair();
  const hosts = sequence(
    tagged(0x82, Buffer.from("localhost")),
    tagged(0x87, Buffer.from([127, 0, 0, 1])),
  );
  return {
    key: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificate: certificate({
      issuer,
      subject: distinguishedName(name),
      publicKey: pair.publicKey,
      signWith,
      now,
      extensions: [
        extension(basicConstraints, sequence(), true),
        // digitalSignature
        extension(keyUsage, bitString(Buffer.from([0x80]), 7), true),
        extension(
          extendedKeyUsage,
          sequence(objectId(serverAuthentication), objectId(clientAuthentication)),
        ),
        extension(subjectAlternativeName, hosts),
      ],
    }),
  };
}

function newKeyPair(): KeyPair {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function distinguishedName(text: string): Buffer {
  return sequence(set(sequence(objectId(commonName), utf8String(text))));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), octetString(value));
}

function certificate(options: {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly signWith: KeyObject;
  readonly now: number;
  readonly extensions: readonly Buffer[];
}): string {
  const algorithm = options.signWith.asymmetricKeyType === "rsa" ? rsaWithSha256 : ecdsaWithSha256;
  const body = sequence(
    // version 3
    tagged(0xa0, integer(Buffer.from([0x02]))),
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    algorithm,
    options.issuer,
    // Valid from a day ago, so that a clock set back a little still accepts it.
    sequence(utcTime(new Date(options.now - dayMs)), utcTime(new Date(options.now + lifetimeMs))),
    options.subject,
    options.publicKey.export({ type: "spki", format: "der" }),
    ...(options.extensions.length === 0 ? [] : [tagged(0xa3, sequence(...options.extensions))]),
  );
  const signature = sign("sha256", body, options.signWith);
  const der = sequence(body, algorithm, bitString(signature));
  const lines = der.toString("base64").match(/.{1,64}/gu) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
