import { secp256k1 } from "@noble/curves/secp256k1.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTestNode, loginPayloadFor } from "../../testing/login.ts";
import { verifyLoginAssertion } from "./login-assertion.ts";

const audience = "http://127.0.0.1:3000";
const now = Date.parse("2026-11-23T09:00:00Z");
const node = createTestNode();
const payload = loginPayloadFor(audience, now);

const verify = (assertion: string, at = now) => verifyLoginAssertion(assertion, audience, at);

test("a login assertion signed by the node's key returns the node and the payload", () => {
  expect(verify(node.sign(payload))).toEqual({ ok: true, value: { nodeId: node.nodeId, payload } });
});

describe("a login assertion is refused", () => {
  test.each([
    ["for another server", { ...payload, aud: "https://elsewhere.example" }],
    ["valid for more than a minute", { ...payload, exp: Number(payload["iat"]) + 61 }],
    ["that expires when it is issued", { ...payload, exp: Number(payload["iat"]) }],
    [
      "issued more than 30 seconds in the future",
      { ...payload, iat: now / 1_000 + 31, exp: now / 1_000 + 60 },
    ],
    ["with an unknown field", { ...payload, admin: true }],
    ["without a nonce", { ...payload, nonce: undefined }],
    ["with a nonce that is too short", { ...payload, nonce: "abc" }],
    ["with a blank device name", { ...payload, device: { id: "device-one", name: " " } }],
    ["whose payload is not an object", "[]"],
    ["whose payload is not JSON", "{"],
  ])("%s", (_name, changed) => {
    expect(verify(node.sign(changed))).toMatchObject({
      ok: false,
      error: { code: "assertion_invalid", retry: "never" },
    });
  });

  test("after it has expired", () => {
    expect(verify(node.sign(payload), now + 60_000)).toMatchObject({
      error: { code: "assertion_expired", retry: "safe" },
    });
  });

  test.each([
    ["another algorithm", `{"alg":"HS256","typ":"satsconnect-login+jwt","kid":"${node.nodeId}"}`],
    ["no algorithm", `{"alg":"none","typ":"satsconnect-login+jwt","kid":"${node.nodeId}"}`],
    ["another type", `{"alg":"ES256K","typ":"JWT","kid":"${node.nodeId}"}`],
    [
      "another order of members",
      `{"typ":"satsconnect-login+jwt","alg":"ES256K","kid":"${node.nodeId}"}`,
    ],
    [
      "an additional member",
      `{"alg":"ES256K","typ":"satsconnect-login+jwt","kid":"${node.nodeId}","crit":["b64"]}`,
    ],
    [
      "the key of another node",
      `{"alg":"ES256K","typ":"satsconnect-login+jwt","kid":"${createTestNode().nodeId}"}`,
    ],
    [
      "a key that is not on the curve",
      `{"alg":"ES256K","typ":"satsconnect-login+jwt","kid":"02${"f".repeat(64)}"}`,
    ],
  ])("with %s in its header", (_name, header) => {
    expect(verify(node.sign(payload, header))).toMatchObject({
      error: { code: "assertion_invalid" },
    });
  });

  test("with the high-S form of its signature", () => {
    const [header, body, signature] = node.sign(payload).split(".");
    const bytes = Buffer.from(signature ?? "", "base64url");
    const order = secp256k1.Point.Fn.ORDER;
    const highS = (order - BigInt(`0x${bytes.subarray(32).toString("hex")}`))
      .toString(16)
      .padStart(64, "0");
    const malleated = Buffer.concat([bytes.subarray(0, 32), Buffer.from(highS, "hex")]).toString(
      "base64url",
    );
    expect(verify(`${header}.${body}.${malleated}`)).toMatchObject({
      error: { code: "assertion_invalid" },
    });
  });

  test("with another encoding of its signature", () => {
    expect(verify(`${node.sign(payload)}=`)).toMatchObject({
      error: { code: "assertion_invalid" },
    });
    expect(verify(`${node.sign(payload)}.`)).toMatchObject({
      error: { code: "assertion_invalid" },
    });
  });

  test("with any one character changed", () => {
    const assertion = node.sign(payload);
    fc.assert(
      fc.property(
        fc.nat(assertion.length - 1),
        fc.constantFrom("A", "b", "7", "-", "."),
        (at, character) => {
          fc.pre(assertion[at] !== character);
          expect(verify(assertion.slice(0, at) + character + assertion.slice(at + 1)).ok).toBe(
            false,
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  test("when it is an arbitrary string", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(verify(text).ok).toBe(false);
      }),
    );
  });
});
