import { isIPv4, isIPv6 } from "node:net";

/**
 * The range of addresses that one subscriber has: an IPv4 address, or the first 64 bits of an IPv6 address, because a
 * subscriber gets at least a /64. IPv4 addresses mapped into IPv6 count as IPv4.
 */
export function addressRange(address: string): string {
  const plain = address.replace(/^::ffff:/iu, "").replace(/%.*$/u, "");
  if (isIPv4(plain)) return plain;
  if (!isIPv6(plain)) return "unknown";
  // The URL parser writes every IPv6 address in one canonical form.
  const canonical = new URL(`http://[${plain}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::", 2);
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  const groups = [...first, ...Array.from({ length: zeros }, () => "0"), ...last];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
