import { readFileSync } from "node:fs";

/** Public keys of the operator that a build accepts. */
export type Pins = {
  readonly host: string;
  /** SHA-256 of public keys (SubjectPublicKeyInfo), base64. At least two, so that losing one key does not lock the app out. */
  readonly keys: readonly string[];
  /** A date such as `2027-11-01`. Android ignores the pins afterwards, so that an outdated app still works. */
  readonly until: string;
};

/**
 * Reads the pins from a JSON file of `{host, keys, until}`. Without a file, the build pins nothing (for development).
 * @throws Error that says which field is invalid
 */
export function readPins(file: string | undefined): Pins | null {
  if (file === undefined) return null;
  const { host, keys, until } = JSON.parse(readFileSync(file, "utf8")) as Pins;
  if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/u.test(host))
    throw new Error(`${file}: host is not a host name: ${host}`);
  if (keys.length < 2 || new Set(keys).size !== keys.length)
    throw new Error(`${file}: keys needs at least two different keys, one of them a reserve`);
  for (const key of keys)
    if (!/^[A-Za-z0-9+/]{43}=$/u.test(key))
      throw new Error(`${file}: not a base64 SHA-256 hash: ${key}`);
  if (!/^\d{4}-\d{2}-\d{2}$/u.test(until))
    throw new Error(`${file}: until is not a date (YYYY-MM-DD): ${until}`);
  return { host, keys, until };
}

/** Android's network security configuration: nothing in clear, and the operator's keys. */
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

/** iOS's App Transport Security settings with the same rules. */
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
