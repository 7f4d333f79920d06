import { expect, test } from "vitest";
import { rpcFailed } from "./answer.ts";

const failed = (code: "bitcoind_unreachable" | "bitcoind_refused", message: string) =>
  rpcFailed(
    { ok: false, error: { code, message, retry: "never", rpcCode: -1 } },
    "Block not found",
  );

test("a block that Bitcoin Core has pruned is unavailable, not unknown", () => {
  expect(failed("bitcoind_refused", "Block not available (pruned data)").status).toBe(503);
  expect(failed("bitcoind_refused", "Block not found")).toMatchObject({
    status: 404,
    body: "Block not found",
  });
  expect(failed("bitcoind_unreachable", "no answer").status).toBe(503);
});
