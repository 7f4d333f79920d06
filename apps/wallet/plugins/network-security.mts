import { readFileSync } from "node:fs";

/** The operator's host and pinned keys, given to a build. */
export type Pins = {
  readonly host: string;
  /**
   * SHA-256 of public keys (SubjectPublicKeyInfo), base64. At least two, so that losing one key does not lock everyone
   * out.
   */
  readonly keys: readonly string[];
  /**
   * Expiry date, `2027-11-01`. Android ignores the pins from then on, so that an app that was not updated still
   * connects.
   */
  readonly until: string;
};

/**
 * Reads the JSON file `{host, keys, until}` that `SATSCONNECT_PINS` names. Returns null when it is not set: a build
 * without pins, for development.
 * @throws Error that says what is wrong with the file
 */
export function readPins(environment: Readonly<Record<string, string | undefined>>): Pins | null {
  const file = environment["SATSCONNECT_PINS"];
  if (file === undefined) return null;
  const { host, keys, until } = JSON.parse(readFileSync(file, "utf8")) as Pins;
  if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/u.test(host))
    throw new Error(`${file}: not a host name: ${host}`);
  if (keys.length < 2 || new Set(keys).size !== keys.length)
    throw new Error(`${file}: needs at least two different keys, one of them in reserve`);
  for (const key of keys)
    if (!/^[A-Za-z0-9+/]{43}=$/u.test(key)) throw new Error(`${file}: not a SHA-256: ${key}`);
  if (!/^\d{4}-\d{2}-\d{2}$/u.test(until))
    throw new Error(`${file}: "until" is not a date: ${until}`);
  return { host, keys, until };
}

/** Android's network security configuration: no cleartext traffic, and the operator's pins. */
export function androidNetworkSecurity(pins: Pins | null): string {
  const pinned =
    pins === null
      ? []
      : [
          '  <domain-config cleartextTrafficPermitted="false">',
          `    <domain includeSubdomains="true">${pins.host}</domain>`,
          `    <pin-set expiration="${pins.until}">`,
          ...pins.keys.map((key) => `      <pin digest="SHA-256">${key}</pin>`),
          "    </pin-set>",
          "  </domain-config>",
        ];
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    "<network-security-config>",
    '  <base-config cleartextTrafficPermitted="false">',
    '    <trust-anchors><certificates src="system" /></trust-anchors>',
    "  </base-config>",
    ...pinned,
    "</network-security-config>",
    "",
  ].join("\n");
}

type IosTransportSecurity = {
  NSAllowsArbitraryLoads: boolean;
  NSPinnedDomains?: Record<
    string,
    { NSIncludesSubdomains: boolean; NSPinnedLeafIdentities: Record<string, string>[] }
  >;
};

/** The same as iOS App Transport Security settings. */
export function iosTransportSecurity(pins: Pins | null): IosTransportSecurity {
  return {
    NSAllowsArbitraryLoads: false,
    ...(pins === null
      ? {}
      : {
          NSPinnedDomains: {
            [pins.host]: {
              NSIncludesSubdomains: true,
              NSPinnedLeafIdentities: pins.keys.map((key) => ({ "SPKI-SHA256-BASE64": key })),
            },
          },
        }),
  };
}
