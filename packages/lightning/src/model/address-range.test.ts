import { expect, test } from "vitest";
import { addressRange } from "./address-range.ts";

test.each([
  ["192.0.2.1", "192.0.2.0/24"],
  ["192.0.2.254", "192.0.2.0/24"],
  ["192.0.3.1", "192.0.3.0/24"],
  ["::ffff:192.0.2.77", "192.0.2.0/24"],
  ["2001:db8:7:1::1", "2001:db8:7::/48"],
  ["2001:0db8:0007:ffff:1:2:3:4", "2001:db8:7::/48"],
  ["[2001:db8:8::1]", "2001:db8:8::/48"],
  ["2001:db8::1", "2001:db8:0::/48"],
  ["fe80::1%eth0", "fe80:0:0::/48"],
  ["::1", "0:0:0::/48"],
  ["node.example", "node.example"],
])("puts %s into %s", (address, range) => {
  expect(addressRange(address)).toBe(range);
});
