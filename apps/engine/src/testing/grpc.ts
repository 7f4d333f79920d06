import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectEngine } from "@satsconnect/contracts/grpc";
import type { EngineClient, MutualTls } from "@satsconnect/contracts/grpc";
import { issueCertificates } from "@satsconnect/dev-certificates";
import { err, msat, ok, sat } from "@satsconnect/money";
import type { ChainGuard } from "../bitcoin/chain-guard.ts";
import { nodeService } from "../grpc/node-service.ts";
import { paymentService } from "../grpc/payment-service.ts";
import { serveGrpc } from "../grpc/server.ts";
import { walletService } from "../grpc/wallet-service.ts";
import { createLogger } from "../logger.ts";
import type { StateKeyCalls } from "../keys/state-keys.ts";
import { withPauses } from "../lightning/pauses.ts";
import { memoryPauses } from "../store/pauses.ts";
import { memoryRequestKeys } from "../store/request-keys.ts";
import type { WalletRegistry } from "../store/wallet-registry.ts";
import { memoryWorld } from "./memory-backend.ts";
import type { MemoryWorld } from "./memory-backend.ts";

/** The engine's gRPC services over TLS, on a backend in memory. */
export type GrpcWorld = {
  readonly world: MemoryWorld;
  readonly address: string;
  readonly tls: Readonly<Record<"api" | "operator", MutualTls>>;
  /** Clients with the api's certificate and with the operator's. */
  readonly api: EngineClient;
  readonly operator: EngineClient;
  readonly setChain: (guard: ChainGuard) => void;
  readonly setReady: (ready: boolean) => void;
  readonly advance: (ms: number) => void;
  readonly stop: () => void;
};

export async function startGrpcWorld(): Promise<GrpcWorld> {
  const folder = mkdtempSync(join(tmpdir(), "engine-grpc-"));
  const { authority, identities } = issueCertificates(["engine", "api", "operator"], Date.now());
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  let skew = 0;
  const now = (): number => Date.now() + skew;
  const world = memoryWorld(now);
  const pauses = memoryPauses(now);
  const backend = withPauses(world.backend, pauses);
  let chain: ChainGuard = () => ok(undefined);
  let ready = true;
  const context = { logger: createLogger("silent"), now, operators: ["operator"] };
  const keys = memoryRequestKeys();
  const wallets = memoryWallets();
  const caps = {
    paymentMsat: msat(1n),
    dailyMsat: msat(50_000_000_000n),
    inFlightMsat: msat(1n),
  };
  const grpc = await serveGrpc({
    listen: { host: "127.0.0.1", port: 0 },
    tls: {
      authority: file("ca", authority),
      certificate: file("cert", identities.engine.certificate),
      key: file("key", identities.engine.key),
    },
    ready: async () => ready,
    services: {
      wallet: walletService({
        backend,
        wallets,
        keys,
        chain: () => chain(),
        forwarding: {
          feeBaseMsat: 1_000,
          feeProportionalMillionths: 100,
          cltvExpiryDelta: 72,
        },
        closingBalanceOf: async () => 77n,
        context,
      }),
      payment: paymentService({ backend, keys, chain: () => chain(), context }),
      node: nodeService({
        backend,
        wallets,
        keys,
        chain: () => chain(),
        context,
        caps,
        pauses,
        stateKeys: memoryStateKeys(),
        addresses: {
          tcp: ["127.0.0.1:9735"],
          websocket: ["ws://127.0.0.1:1"],
          esplora: "http://x",
        },
        feesEarnedMsat: async () => 42n,
        onChainDailyCapSat: sat(100_000_000n),
        closedChannels: async () => [],
      }),
    },
  });
  const tlsOf = (name: "api" | "operator"): MutualTls => ({
    authority: Buffer.from(authority),
    certificate: Buffer.from(identities[name].certificate),
    key: Buffer.from(identities[name].key),
  });
  const address = `localhost:${String(grpc.port)}`;
  const tls = { api: tlsOf("api"), operator: tlsOf("operator") };
  const api = connectEngine(address, tls.api);
  const operator = connectEngine(address, tls.operator);
  return {
    world,
    address,
    tls,
    api,
    operator,
    setChain: (guard) => {
      chain = guard;
    },
    setReady: (value) => {
      ready = value;
    },
    advance: (ms) => {
      skew += ms;
    },
    stop: () => {
      api.close();
      operator.close();
      grpc.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** One key, and a second one in the file; the rotation ends at once. */
function memoryStateKeys(): StateKeyCalls {
  const ids = ["aa".repeat(8), "bb".repeat(8)] as const;
  const at = Date.UTC(2026, 0, 1);
  let rotated = false;
  return {
    async rotate() {
      if (rotated) return err("state_key_not_added", "Add a new key first.", "never");
      rotated = true;
      return ok({ keyId: ids[1] });
    },
    status: async () => ({
      keys: (rotated ? ids : [ids[0]]).map((id, index) => {
        const current = index === (rotated ? 1 : 0);
        return {
          id,
          current,
          inFile: true,
          values: current ? 40n : 0n,
          emptiedAt: current ? null : at,
        };
      }),
      rotation: rotated
        ? {
            keyId: ids[1],
            startedAt: at,
            finishedAt: at,
            looked: 80n,
            replaced: 40n,
            failure: null,
          }
        : null,
    }),
  };
}

function memoryWallets(): WalletRegistry {
  const wallets: { walletId: string; nodeId: string; createdAt: number }[] = [];
  return {
    async register(nodeId) {
      const known = wallets.find((wallet) => wallet.nodeId === nodeId);
      if (known !== undefined) return known;
      const wallet = { walletId: crypto.randomUUID(), nodeId, createdAt: Date.now() };
      wallets.push(wallet);
      return wallet;
    },
    find: async (walletId) => wallets.find((wallet) => wallet.walletId === walletId) ?? null,
    knows: async (nodeId) => wallets.some((wallet) => wallet.nodeId === nodeId),
  };
}
