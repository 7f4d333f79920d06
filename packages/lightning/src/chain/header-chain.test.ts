import { sat } from "@satsconnect/money";
import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import { doubleSha256, fromDisplayId, toDisplayId } from "../bitcoin/hash.ts";
import { loadCore } from "../core/load-core.ts";
import { ByteWriter } from "../encoding/byte-buffer.ts";
import { acceptConfirmed } from "../model/node-policy.ts";
import { esploraFetch } from "../simulation/chain-servers.ts";
import { World } from "../simulation/world.ts";
import { esploraChain } from "./esplora.ts";

const url = "http://chain.test/esplora";
const loading = loadCore({ prefer: "wasm" });

/** Easiest target that regtest allows, and one easier than any network does. */
const regtestBits = 0x207f_ffff;
const easierBits = 0x2100_ffff;

/** A header that meets the target it names itself. */
function forge(fields: {
  readonly previous: string;
  readonly bits: number;
  readonly timeMs: number;
}): { readonly hash: string; readonly hex: string } {
  for (let nonce = 0; ; nonce++) {
    const header = new ByteWriter(80)
      .u32(4)
      .raw(fromDisplayId(fields.previous))
      .raw(new Uint8Array(32).fill(7))
      .u32(Math.floor(fields.timeMs / 1_000))
      .u32(fields.bits)
      .u32(nonce)
      .take();
    const hash = doubleSha256(header);
    if ((hash[31] ?? 0xff) < 0x80) return { hash: toDisplayId(hash), hex: bytesToHex(header) };
  }
}

describe("a node whose Esplora server starts to lie about the chain", () => {
  type Lie = { readonly height: number; readonly hash: string; readonly hex: string };
  async function nodeWithLiar() {
    const world = new World({ core: await loading, seed: "liar" });
    let lie: Lie | undefined;
    const warnings: string[] = [];
    const node = await world.add("A", {
      policy: {
        acceptChannel: acceptConfirmed({ minCapacitySat: sat(50_000n), channelsPerPeer: 3 }),
      },
      chain: (chain) => {
        const honest = esploraFetch(chain);
        return esploraChain({
          url,
          pollIntervalMs: 500,
          fetch: async (input, init) => {
            const path = String(input).slice(url.length + 1);
            if (lie !== undefined) {
              if (path === "blocks/tip/hash") return new Response(lie.hash);
              if (path === `block/${lie.hash}/header`) return new Response(lie.hex);
              if (path === `block/${lie.hash}/status`)
                return Response.json({ in_best_chain: true, height: lie.height });
            }
            const answer = await honest(input, init);
            return answer;
          },
        });
      },
    });
    world.chain.mine(3);
    await world.clock.advance(3_000);
    expect(node.host.tip()).toMatchObject({ height: world.chain.height, synced: true });
    return { world, node, warnings, tell: (next: Lie | undefined) => void (lie = next) };
  }

  test.each([
    ["five million blocks for two hashes of work", 5_000_000, "00".repeat(32), regtestBits],
    ["a child of the tip at a height far above it", 5_000_000, "tip", regtestBits],
    ["a child of the tip with a target that no network allows", 800_004, "tip", easierBits],
  ])("believes nothing of it: %s", async (_, height, parent, bits) => {
    const { world, node, tell } = await nodeWithLiar();
    const before = node.host.tip();
    const previous = parent === "tip" ? before.hash : parent;
    tell({ height, ...forge({ previous, bits, timeMs: world.clock.now() }) });
    await world.clock.advance(6_000);
    expect(node.host.tip()).toMatchObject({
      height: before.height,
      hash: before.hash,
      synced: false,
    });
    // the honest chain goes on
    tell(undefined);
    world.chain.mine(2);
    await world.clock.advance(12_000);
    expect(node.host.tip()).toMatchObject({ height: world.chain.height, synced: true });
    world.crashAll();
  }, 60_000);
});
