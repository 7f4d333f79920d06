import { expect, test } from "vitest";
import { isAllowedAddress } from "./allowed-address.ts";

test.each([
  ["https://api.satsconnect.example/api/info", true],
  ["wss://lightning.satsconnect.example", true],
  ["http://127.0.0.1:3000/api/info", true],
  ["ws://10.0.2.2:9735", true],
  ["http://api.satsconnect.example/api/info", false],
  ["http://127.0.0.1.example.com", false],
  ["https://user:secret@api.satsconnect.example", false],
  ["file:///data/data/ke.satsconnect.wallet/databases", false],
  ["javascript:alert(1)", false],
  ["not an address", false],
])("%s: %s", (address, expected) => {
  expect(isAllowedAddress(address)).toBe(expected);
});
