import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

/** Whether an address is one of our own reverse proxies, whose `X-Forwarded-For` can be believed. */
export type ProxyCheck = (address: string) => boolean;

/** Parses addresses and networks (`192.0.2.7`, `10.0.0.0/8`, `fd00::/8`). Undefined if one of them is neither. */
export function parseProxies(networks: readonly string[]): ProxyCheck | undefined {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/", 2);
    const version = isIP(address);
    if (version === 0) return undefined;
    const family = version === 4 ? "ipv4" : "ipv6";
    const bits = version === 4 ? 32 : 128;
    if (prefix !== undefined && (!/^\d{1,3}$/u.test(prefix) || Number(prefix) > bits)) {
      return undefined;
    }
    list.addSubnet(address, prefix === undefined ? bits : Number(prefix), family);
  }
  return (address) => {
    const version = isIP(address);
    return version !== 0 && list.check(address, version === 4 ? "ipv4" : "ipv6");
  };
}

/**
 * The address of the client behind our reverse proxies: the last entry of `X-Forwarded-For` that is not a proxy of ours.
 * Entries before it were written by the client and prove nothing.
 */
export function clientAddress(request: IncomingMessage, isProxy: ProxyCheck): string | undefined {
  let address = request.socket.remoteAddress;
  const header = request.headers["x-forwarded-for"];
  const entries = (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",");
  while (address !== undefined && isProxy(address)) {
    const entry = entries.pop()?.trim() ?? "";
    if (isIP(entry) === 0) break;
    address = entry;
  }
  return address;
}
