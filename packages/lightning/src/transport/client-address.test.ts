import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { clientAddress, parseProxies } from "./client-address.ts";

function request(remoteAddress: string, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}
const isProxy = parseProxies(["10.0.0.0/8", "192.0.2.7", "fd00::/8"]) ?? (() => false);

test.each([
  ["a client that connects directly", "203.0.113.5", undefined, "203.0.113.5"],
  ["a client that invents a header", "203.0.113.5", "198.51.100.1", "203.0.113.5"],
  ["a client behind a proxy", "10.1.2.3", "203.0.113.5", "203.0.113.5"],
  ["a client behind two proxies", "192.0.2.7", "203.0.113.5, 10.9.9.9", "203.0.113.5"],
  ["an invented entry before the proxy's", "10.1.2.3", "8.8.8.8, 203.0.113.5", "203.0.113.5"],
  ["IPv6", "fd00::1", "2001:db8::1", "2001:db8::1"],
  ["a proxy behind an IPv4 address in IPv6", "::ffff:10.1.2.3", "203.0.113.5", "203.0.113.5"],
  ["a proxy that sends no header", "10.1.2.3", undefined, "10.1.2.3"],
  ["a proxy that sends nonsense", "10.1.2.3", "unknown", "10.1.2.3"],
])("finds the address of %s", (_name, remote, forwarded, expected) => {
  expect(clientAddress(request(remote, forwarded), isProxy)).toBe(expected);
});

test.each([["localhost"], ["10.0.0.0/33"], ["fd00::/129"], ["10.0.0.0/x"], [""]])(
  "refuses the network %j",
  (network) => {
    expect(parseProxies([network])).toBeUndefined();
  },
);
