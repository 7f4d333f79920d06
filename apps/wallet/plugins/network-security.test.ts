import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { androidNetworkSecurity, iosTransportSecurity, readPins } from "./network-security.mts";

const [one, other] = [`${"A".repeat(43)}=`, `${"B".repeat(43)}=`];

function pinFile(pins: unknown): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "pins-")), "pins.json");
  writeFileSync(file, JSON.stringify(pins));
  return file;
}

test("a build without pins still forbids cleartext traffic", () => {
  expect(readPins(undefined)).toBeNull();
  expect(androidNetworkSecurity(null)).toContain('base-config cleartextTrafficPermitted="false"');
  expect(androidNetworkSecurity(null)).not.toContain("pin-set");
  expect(iosTransportSecurity(null)).toEqual({ NSAllowsArbitraryLoads: false });
});

test("writes the pins into the files of both systems, with reserve key and expiry", () => {
  const host = "api.satsconnect.example";
  const pins = readPins(pinFile({ host, keys: [one, other], until: "2027-11-01" }));
  const android = androidNetworkSecurity(pins);
  expect(android).toContain(`<domain includeSubdomains="true">${host}</domain>`);
  expect(android).toContain('<pin-set expiration="2027-11-01">');
  expect(android).toContain(`<pin digest="SHA-256">${other}</pin>`);
  expect(iosTransportSecurity(pins)).toMatchObject({
    NSPinnedDomains: {
      [host]: {
        NSIncludesSubdomains: true,
        NSPinnedLeafIdentities: [{ "SPKI-SHA256-BASE64": one }, { "SPKI-SHA256-BASE64": other }],
      },
    },
  });
});

test.each([
  [{ host: "no host", keys: [one, other], until: "2027-11-01" }, "no host"],
  [{ host: "a.example", keys: [one], until: "2027-11-01" }, "at least two"],
  [{ host: "a.example", keys: [one, one], until: "2027-11-01" }, "at least two"],
  [{ host: "a.example", keys: [one, "AAAA"], until: "2027-11-01" }, "not a base64"],
  [{ host: "a.example", keys: [one, other], until: "soon" }, "until is not"],
])("%j is refused", (pins, why) => {
  expect(() => readPins(pinFile(pins))).toThrow(why);
});
