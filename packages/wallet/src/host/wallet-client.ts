import type { OrderEvent } from "@satsconnect/contracts";
import type { Result } from "@satsconnect/money";
import type { WalletCall, WalletCalls, WalletClient, WalletSnapshot } from "../port/calls.ts";
import { asOneOf, asRecord } from "../port/check.ts";
import type { Encoding } from "../port/encoding.ts";
import { CallFailed, Link } from "../port/link.ts";
import type { Pipe, Serve } from "../port/link.ts";
import type { PortRecord, PortValue } from "../port/value.ts";

/** One life of a home, as its host starts it. */
export type StartedHome = {
  readonly pipe: Pipe;
  readonly encoding: Encoding;
  /** What it asks for, served; of this life alone. */
  readonly serve: Serve;
  /** Ends it at once, whatever it does. */
  readonly kill: () => void;
};

export type WalletClientOptions = {
  /** Starts a home that knows its session by that name. `onDeath`: it fell, or the system took it away. */
  readonly startHome: (session: string, onDeath: () => void) => StartedHome;
  readonly newSession: () => string;
  /** The 64-byte BIP 39 seed. Kept here until the wallet is closed, so that a home that fell can be started again. */
  readonly seed: Uint8Array;
  readonly apiUrl: string;
  readonly device: { readonly id: string; readonly name: string };
  readonly isNewSeed?: boolean | undefined;
  readonly restore?: boolean | undefined;
  /** False: no backup. */
  readonly backup?: boolean | undefined;
  readonly onLog?: (level: string, message: string) => void;
  /** Becomes the only one who runs this wallet on this device. Rejects when somebody else must be asked first. */
  readonly claim: () => Promise<void>;
  /** Lets others run this wallet. */
  readonly release: () => void;
};

/** The client, and what its host does with it. */
export type HostedWallet = {
  readonly client: WalletClient;
  /** Somebody else on this device has taken the wallet over: everything stops at once. */
  readonly replaced: () => void;
  /** There may be a network again, or somebody looks again. */
  readonly wake: () => void;
};

const pingMs = 10_000;
const pingPatienceMs = 15_000;
const closeMs = 4_000;
const restartMs: readonly number[] = [0, 1_000, 5_000, 15_000];
/** After so many falls in a row it is told that it does not start; it is tried on all the same. */
const quietFalls = 2;
/** A home that lived that long is not to blame for the one before it. */
const longLifeMs = 60_000;
const phases = ["starting", "restoring", "ready", "replaced", "failed"] as const;

/** Calls after which a fall leaves open whether it happened. All others can simply be made again. */
const moves: ReadonlySet<string> = new Set<WalletCall>([
  "buy",
  "sell",
  "cancelOrder",
  "send",
  "sendLater",
  "takeBack",
  "sendOnChain",
  "closeChannels",
  "revokeDevice",
]);

/** Runs a wallet in a home, starts the home again when it falls, and gives screens what they use. */
export function hostWallet(options: WalletClientOptions): HostedWallet {
  return new Hosted(options);
}

class Hosted implements HostedWallet {
  readonly client: WalletClient;
  readonly #options: WalletClientOptions;
  readonly #seed: Uint8Array;
  readonly #listeners = new Set<() => void>();
  readonly #followers = new Set<() => void>();
  #snapshot: WalletSnapshot = starting(Date.now());
  #home: StartedHome | undefined;
  #link: Link | undefined;
  #stopPings: () => void = () => undefined;
  #startedAt = 0;
  #falls = 0;
  #state: "running" | "replaced" | "closed" = "running";

  constructor(options: WalletClientOptions) {
    this.#options = options;
    this.#seed = options.seed.slice();
    options.seed.fill(0);
    this.client = {
      snapshot: () => this.#snapshot,
      subscribe: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      call: (name, params) => this.#call(name, params),
      followOrder: (orderId, onEvent) => this.#follow(orderId, onEvent),
      close: () => this.#close(),
    };
    this.#start({ isNewSeed: options.isNewSeed, restore: options.restore });
  }

  replaced(): void {
    if (this.#state === "closed") return;
    this.#state = "replaced";
    this.#end();
    const failure = { code: "other_tab", message: "This wallet runs in another tab now." };
    this.#show({ ...this.#snapshot, phase: "replaced", failure });
  }

  wake(): void {
    this.#link?.tell("wake", null);
  }

  #start(terms: PortRecord): void {
    const { startHome, newSession, apiUrl, device, backup } = this.#options;
    const session = newSession();
    const onDeath = (): void => this.#fell(link);
    const home = startHome(session, onDeath);
    const link = new Link({
      pipe: home.pipe,
      encoding: home.encoding,
      session,
      serve: home.serve,
      onTold: (name, value) => {
        if (this.#link === link) this.#told(name, value);
      },
      onRefused: (code, where) =>
        this.#options.onLog?.("warn", `a message refused ${where}: ${code}`),
      onFault: (error) =>
        this.#options.onLog?.("error", error instanceof Error ? error.message : "a fault"),
      onBroken: onDeath,
    });
    this.#home = home;
    this.#link = link;
    this.#startedAt = Date.now();
    this.#stopPings = keepAsking(link, onDeath);
    const opened = link.call("open", { seed: this.#seed, apiUrl, device, backup, ...terms });
    opened.catch((error: unknown) => {
      // one that cannot open is as one that fell; the fall of a link is told by itself
      if (error instanceof CallFailed && error.code !== "link_over") onDeath();
    });
    for (const follow of this.#followers) follow();
  }

  #told(name: string, value: PortValue): void {
    if (name === "log") {
      const { level, message } = asRecord(value);
      return this.#options.onLog?.(String(level), String(message));
    }
    if (name !== "snapshot") return;
    const snapshot = asRecord(value);
    asOneOf(snapshot["phase"], phases);
    asRecord(snapshot["connection"]);
    asRecord(snapshot["backup"]);
    this.#show(this.#asShown(snapshot as unknown as WalletSnapshot));
  }

  /** Between two falls of many a home says for a moment that it is starting: that is no news. */
  #asShown(snapshot: WalletSnapshot): WalletSnapshot {
    if (this.#falls <= quietFalls || snapshot.phase !== "starting") return snapshot;
    const message = "The wallet's home falls again and again.";
    return { ...snapshot, phase: "failed", failure: { code: "home_falls", message } };
  }

  #show(snapshot: WalletSnapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }

  #end(): void {
    this.#stopPings();
    const [link, home] = [this.#link, this.#home];
    this.#link = undefined;
    this.#home = undefined;
    home?.kill();
    link?.end();
  }

  #fell(link: Link): void {
    if (this.#link !== link || this.#state !== "running") return;
    this.#end();
    if (Date.now() - this.#startedAt > longLifeMs) this.#falls = 0;
    const delayMs = restartMs[Math.min(this.#falls, restartMs.length - 1)] ?? 0;
    this.#falls += 1;
    this.#options.onLog?.("error", "the home fell");
    this.#show(this.#asShown({ ...this.#snapshot, phase: "starting", failure: null }));
    setTimeout(() => {
      if (this.#state === "running" && this.#link === undefined) this.#start({});
    }, delayMs);
  }

  async #call<Name extends WalletCall>(
    name: Name,
    params: WalletCalls[Name]["params"],
  ): Promise<Result<WalletCalls[Name]["value"]>> {
    if (name === "takeOver" || name === "retry") {
      const again = await this.#again(name);
      return again;
    }
    const link = this.#link;
    if (link === undefined) return this.#unavailable(name, false);
    try {
      const answer = asRecord(await link.call(name, params));
      if (typeof answer["ok"] !== "boolean") return this.#unavailable(name, true);
      return answer as unknown as Result<WalletCalls[Name]["value"]>;
    } catch (error) {
      if (error instanceof CallFailed && error.code !== "link_over" && error.code !== "failed")
        return failure(error.code, error.message, "never");
      return this.#unavailable(name, true);
    }
  }

  #unavailable(name: string, wasSent: boolean): Result<never> {
    const { failure: why, phase } = this.#snapshot;
    const retry = wasSent && moves.has(name) ? "unknown" : "safe";
    if (phase === "replaced" && why !== null)
      return failure(why.code, why.message, retry === "unknown" ? "unknown" : "never");
    return failure("wallet_unavailable", "The wallet was started again meanwhile.", retry);
  }

  /** Starts the home anew: after a failure, or to take the wallet over. */
  async #again(name: "takeOver" | "retry"): Promise<Result<null>> {
    if (this.#state === "closed") return failure("wallet_closed", "The wallet is closed.", "never");
    const { phase, failure: why } = this.#snapshot;
    if (name === "retry" && phase !== "failed") {
      this.wake();
      return { ok: true, value: null };
    }
    if (name === "takeOver" && phase !== "replaced")
      return failure("not_replaced", "This wallet runs here.", "never");
    await this.#options.claim();
    this.#end();
    this.#falls = 0;
    this.#state = "running";
    this.#show({ ...this.#snapshot, phase: "starting", failure: null });
    this.#start({ takeOver: name === "takeOver" && why?.code === "other_device" });
    return { ok: true, value: null };
  }

  #follow(orderId: string, onEvent: (event: OrderEvent) => void): () => void {
    const stop = new AbortController();
    let isOver = false;
    const follow = (): void => {
      const link = this.#link;
      if (link === undefined || isOver) return;
      const onItem = (value: PortValue): void => {
        if (!stop.signal.aborted) onEvent(asRecord(value) as unknown as OrderEvent);
      };
      link.call("follow", { orderId }, { signal: stop.signal, onItem }).then(
        () => {
          isOver = true;
          this.#followers.delete(follow);
        },
        () => {
          // a home that fell is followed again when it is back; one that refuses is asked again later
          if (this.#link !== link || stop.signal.aborted) return;
          setTimeout(follow, restartMs.at(-1));
        },
      );
    };
    this.#followers.add(follow);
    follow();
    return () => {
      this.#followers.delete(follow);
      isOver = true;
      stop.abort();
    };
  }

  async #close(): Promise<void> {
    if (this.#state === "closed") return;
    const link = this.#link;
    this.#state = "closed";
    if (link !== undefined) {
      const late = new Promise<void>((resolve) => setTimeout(resolve, closeMs));
      await Promise.race([link.call("close", {}).catch(() => undefined), late]);
    }
    this.#end();
    this.#seed.fill(0);
    this.#listeners.clear();
    this.#options.release();
  }
}

/** Asks every few seconds whether the home still answers. A machine that slept is not taken for a home that fell. */
function keepAsking(link: Link, onSilence: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const ask = async (): Promise<void> => {
    let slept = 0;
    let answered = false;
    const answer = link.call("ping", {}).then(
      () => (answered = true),
      () => (answered = true),
    );
    // in steps, so that time in which nothing ran does not count
    while (!answered && slept < pingPatienceMs && !link.isOver) {
      await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 1_000))]);
      slept += 1_000;
    }
    if (link.isOver) return;
    if (!answered) return onSilence();
    timer = setTimeout(() => void ask(), pingMs);
  };
  timer = setTimeout(() => void ask(), pingMs);
  return () => clearTimeout(timer);
}

function starting(now: number): WalletSnapshot {
  return {
    phase: "starting",
    failure: null,
    network: "",
    nodeId: null,
    connection: { api: "online", node: "connecting", since: now },
    backup: { state: "current", since: now, goesOnUntil: null },
    balance: null,
    rate: null,
    moving: [],
    recent: [],
    clockAheadMs: 0,
    operator: null,
  };
}

function failure(code: string, message: string, retry: "never" | "safe" | "unknown") {
  return { ok: false, error: { code, message, retry } } as const;
}
