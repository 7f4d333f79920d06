/**
 * The range of an IP address whose connections share one budget: the /24 of an IPv4 address, the /48 of an IPv6 address.
 * One subscriber usually controls that much, so a budget for each single address would bound nobody. An IPv4 address
 * inside IPv6 (`::ffff:192.0.2.1`) has its IPv4 range. Text that is not an IP address is a range of its own.
 */
export function addressRange(address: string): string {
  const bare = address.replace(/^\[|\]$/gu, "").replace(/%.*$/u, "");
  const ipv4 = /^(?:::ffff:)?(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/iu.exec(bare);
  if (ipv4?.[1] !== undefined) return `${ipv4[1]}.0/24`;
  if (!/^[0-9a-f:.]*:[0-9a-f:.]*$/iu.test(bare)) return bare;
  const [head = "", tail] = bare.split("::");
  const groups = head === "" ? [] : head.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(":").length;
  const all = [...groups, ...Array.from({ length: Math.max(0, missing) }, () => "0")];
  if (tail !== undefined) all.push(...tail.split(":"));
  const network = all.slice(0, 3).map((group) => Number.parseInt(group, 16) || 0);
  return `${network.map((group) => group.toString(16)).join(":")}::/48`;
}
