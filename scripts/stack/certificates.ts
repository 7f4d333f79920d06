import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import {
  bits,
  objectId,
  octets,
  positiveInteger,
  sequence,
  setOf,
  tagged,
  utcTime,
  utf8Text,
  yes,
} from "./der.ts";

/** A certificate and its private key, both PEM. */
export type Identity = { readonly certificate: string; readonly key: string };

/**
 * A private certificate authority and the identities that it issued. The authority's key is discarded after issuing.
 */
export type Authority<Name extends string> = {
  readonly authority: string;
  readonly identities: Readonly<Record<Name, Identity>>;
};

type KeyPair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"));
const commonName = "550403";
const basicConstraints = "551d13";
const keyUsage = "551d0f";
const extendedKeyUsage = "551d25";
const subjectAlternativeName = "551d11";
const serverAuthentication = "2b06010505070301";
const clientAuthentication = "2b06010505070302";

/**
 * Issues certificates for mutual TLS between processes of this machine (X.509 v3, RFC 5280, P-256). Node.js parses
 * certificates but cannot create them.
 */
export function issueCertificates<Name extends string>(
  names: readonly Name[],
  now: number,
): Authority<Name> {
  const pair = newKeyPair();
  const issuer = nameOf("SatsConnect development authority");
  const authority = certificate({
    issuer,
    subject: issuer,
    publicKey: pair.publicKey,
    signWith: pair.privateKey,
    now,
    extensions: [
      extension(basicConstraints, sequence(yes), true),
      // keyCertSign
      extension(keyUsage, bits(Buffer.from([0x04]), 2), true),
    ],
  });
  const identities = Object.fromEntries(
    names.map((name) => [name, issue(name, issuer, pair.privateKey, now)]),
  ) as Record<Name, Identity>;
  return { authority, identities };
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
      subject: nameOf(name),
      publicKey: pair.publicKey,
      signWith,
      now,
      extensions: [
        extension(basicConstraints, sequence(), true),
        // digitalSignature
        extension(keyUsage, bits(Buffer.from([0x80]), 7), true),
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

function nameOf(text: string): Buffer {
  return sequence(setOf(sequence(objectId(commonName), utf8Text(text))));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [yes] : []), octets(value));
}

function certificate(options: {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly signWith: KeyObject;
  readonly now: number;
  readonly extensions: readonly Buffer[];
}): string {
  const day = 24 * 60 * 60_000;
  const body = sequence(
    // version 3
    tagged(0xa0, Buffer.from([0x02, 0x01, 0x02])),
    positiveInteger(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    ecdsaWithSha256,
    options.issuer,
    // Valid from a day ago, so that a clock that was set back does not reject them.
    sequence(utcTime(new Date(options.now - day)), utcTime(new Date(options.now + 10 * 365 * day))),
    options.subject,
    options.publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...options.extensions)),
  );
  const signature = sign("sha256", body, options.signWith);
  const der = sequence(body, ecdsaWithSha256, bits(signature));
  const lines = der.toString("base64").match(/.{1,64}/gu) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
