import type { OrderEvent } from "@satsconnect/contracts";
import type { Result } from "@satsconnect/money";
import { hostPolicy } from "../policy.ts";
import type { WalletCall, WalletCalls, WalletClient, WalletSnapshot } from "../port/calls.ts";
import { asOneOf, asRecord } from "../port/check.ts";
import type { Encoding } from "../port/encoding.ts";
import { CallFailed, Link } from "../port/link.ts";
import type { Pipe, Serve } from "../port/link.ts";
import { startingSnapshot } from "../port/starting-snapshot.ts";
import type { PortRecord, PortValue } from "../port/value.ts";

/** One run of the worker, as the host started it. */
export type StartedWorker = {
  readonly pipe: Pipe;
  readonly encoding: Encoding;
  /** Serves the worker's calls; for this run only. */
  readonly serve: Serve;
  /** Terminates the worker at once. */
  readonly kill: () => void;
};

export type WalletClientOptions = {
  /** Starts a worker for the session. It calls `onExit` if the worker crashes or the system ends it. */
  readonly startWorker: (session: string, onExit: () => void) => StartedWorker;
  readonly newSession: () => string;
  /** The 64-byte BIP 39 seed. Copied and wiped; the copy is kept until `close`, to restart a crashed worker. */
  readonly seed: Uint8Array;
  readonly apiUrl: string;
  /** Esplora servers of others than the operator; see `walletChain`. */
  readonly esploraUrls?: readonly string[] | undefined;
  /** `key@url` of a watchtower that is not the operator's. */
  readonly watchtower?: string | undefined;
  readonly device: { readonly id: string; readonly name: string };
  readonly isNewSeed?: boolean | undefined;
  readonly restore?: boolean | undefined;
  /** False: no backup. */
  readonly backup?: boolean | undefined;
  readonly onLog?: (level: string, message: string) => void;
  /**
   * Makes this page the only one on this device that runs the wallet. Rejects if another page has to release the wallet
   * first.
   */
  readonly claim: () => Promise<void>;
  /** Lets other pages run this wallet. */
  readonly release: () => void;
};

/** The client, and the events that the host reports to it. */
export type HostedWallet = {
  readonly client: WalletClient;
  /** Another tab has taken over the wallet: stops everything at once. */
  readonly replaced: () => void;
  /** The network may be back, or the app came to the foreground: retries connections. */
  readonly wake: () => void;
};

const { restartDelaysMs } = hostPolicy;
const phases = ["starting", "restoring", "ready", "replaced", "failed"] as const;

/** Calls that change something: after a crash it is unknown whether they happened. All others can be retried. */
const changingCalls: ReadonlySet<string> = new Set<WalletCall>([
  "buy",
  "sell",
  "cancelOrder",
  "renewPrice",
  "proveNumber",
  "send",
  "sendLater",
  "cancelQueuedSend",
  "sendOnChain",
  "closeChannels",
  "revokeDevice",
]);

/** Runs a wallet in a worker, restarts the worker when it crashes, and returns the client for the screens. */
export function hostWallet(options: WalletClientOptions): HostedWallet {
  return new Hosted(options);
}

class Hosted implements HostedWallet {
  readonly client: WalletClient;
  readonly #options: WalletClientOptions;
  readonly #seed: Uint8Array;
  readonly #listeners = new Set<() => void>();
  readonly #followers = new Set<() => void>();
  #snapshot: WalletSnapshot = startingSnapshot(Date.now());
  #worker: StartedWorker | undefined;
  #link: Link | undefined;
  #stopPings: () => void = () => undefined;
  #startedAt = 0;
  #crashes = 0;
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
    const failure = { code: "other_tab", message: "This wallet is open in another tab." };
    this.#show({ ...this.#snapshot, phase: "replaced", failure });
  }

  wake(): void {
    this.#link?.notify("wake", null);
  }

  #start(openOptions: PortRecord): void {
    const { startWorker, newSession, apiUrl, esploraUrls, watchtower, device, backup } =
      this.#options;
    const session = newSession();
    const onExit = (): void => this.#crashed(link);
    const worker = startWorker(session, onExit);
    const link = new Link({
      pipe: worker.pipe,
      encoding: worker.encoding,
      session,
      serve: worker.serve,
      onNotify: (name, value) => {
        if (this.#link === link) this.#notified(name, value);
      },
      onRefused: (code, where) =>
        this.#options.onLog?.("warn", `message refused (${where}): ${code}`),
      onFault: (error) =>
        this.#options.onLog?.("error", error instanceof Error ? error.message : "unknown error"),
      onBroken: onExit,
    });
    this.#worker = worker;
    this.#link = link;
    this.#startedAt = Date.now();
    this.#stopPings = keepPinging(link, onExit);
    const opened = link.call("open", {
      seed: this.#seed,
      apiUrl,
      esploraUrls: esploraUrls === undefined ? null : [...esploraUrls],
      watchtower,
      device,
      backup,
      ...openOptions,
    });
    opened.catch((error: unknown) => {
      // a worker that cannot open counts as crashed; the end of the link is reported separately
      if (error instanceof CallFailed && error.code !== "link_over") onExit();
    });
    for (const follow of this.#followers) follow();
  }

  #notified(name: string, value: PortValue): void {
    if (name === "log") {
      const { level, message } = asRecord(value);
      return this.#options.onLog?.(String(level), String(message));
    }
    if (name !== "snapshot") return;
    const snapshot = asRecord(value);
    asOneOf(snapshot["phase"], phases);
    asRecord(snapshot["connection"]);
    asRecord(snapshot["backup"]);
    this.#show(this.#withCrashes(snapshot as unknown as WalletSnapshot));
  }

  /** After repeated crashes, keeps showing `failed` while each restarted worker briefly reports `starting`. */
  #withCrashes(snapshot: WalletSnapshot): WalletSnapshot {
    if (this.#crashes <= hostPolicy.crashesBeforeFailed || snapshot.phase !== "starting")
      return snapshot;
    const message = `The wallet has crashed ${String(this.#crashes)} times in a row and is being restarted.`;
    return { ...snapshot, phase: "failed", failure: { code: "home_falls", message } };
  }

  #show(snapshot: WalletSnapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }

  #end(): void {
    this.#stopPings();
    const [link, worker] = [this.#link, this.#worker];
    this.#link = undefined;
    this.#worker = undefined;
    worker?.kill();
    link?.end();
  }

  #crashed(link: Link): void {
    if (this.#link !== link || this.#state !== "running") return;
    this.#end();
    if (Date.now() - this.#startedAt > hostPolicy.stableAfterMs) this.#crashes = 0;
    const delayMs = restartDelaysMs[Math.min(this.#crashes, restartDelaysMs.length - 1)] ?? 0;
    this.#crashes += 1;
    this.#options.onLog?.("error", "wallet worker crashed, restarting");
    this.#show(this.#withCrashes({ ...this.#snapshot, phase: "starting", failure: null }));
    setTimeout(() => {
      if (this.#state === "running" && this.#link === undefined) this.#start({});
    }, delayMs);
  }

  async #call<Name extends WalletCall>(
    name: Name,
    params: WalletCalls[Name]["params"],
  ): Promise<Result<WalletCalls[Name]["value"]>> {
    if (name === "takeOver" || name === "retry") {
      const restarted = await this.#restart(name);
      return restarted;
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
    const { failure: snapshotFailure, phase } = this.#snapshot;
    const retry = wasSent && changingCalls.has(name) ? "unknown" : "safe";
    if (phase === "replaced" && snapshotFailure !== null)
      return failure(
        snapshotFailure.code,
        snapshotFailure.message,
        retry === "unknown" ? "unknown" : "never",
      );
    return failure("wallet_unavailable", "The wallet was restarted during this call.", retry);
  }

  /** Restarts the worker after a failure, or to take over the wallet. */
  async #restart(name: "takeOver" | "retry"): Promise<Result<null>> {
    if (this.#state === "closed") return failure("wallet_closed", "The wallet is closed.", "never");
    const { phase, failure: snapshotFailure } = this.#snapshot;
    if (name === "retry" && phase !== "failed") {
      this.wake();
      return { ok: true, value: null };
    }
    if (name === "takeOver" && phase !== "replaced")
      return failure("not_replaced", "This wallet already runs on this page.", "never");
    await this.#options.claim();
    this.#end();
    this.#crashes = 0;
    this.#state = "running";
    this.#show({ ...this.#snapshot, phase: "starting", failure: null });
    this.#start({ takeOver: name === "takeOver" && snapshotFailure?.code === "other_device" });
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
          // after a crash the restarted worker follows again; after a refusal retry later
          if (this.#link !== link || stop.signal.aborted) return;
          setTimeout(follow, restartDelaysMs.at(-1));
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
      const timedOut = new Promise<void>((resolve) =>
        setTimeout(resolve, hostPolicy.closeTimeoutMs),
      );
      await Promise.race([link.call("close", {}).catch(() => undefined), timedOut]);
    }
    this.#end();
    this.#seed.fill(0);
    this.#listeners.clear();
    this.#options.release();
  }
}

/** Pings the worker regularly. Time during which the machine slept does not count towards the timeout. */
function keepPinging(link: Link, onSilence: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const ping = async (): Promise<void> => {
    let waitedMs = 0;
    let answered = false;
    const answer = link.call("ping", {}).then(
      () => (answered = true),
      () => (answered = true),
    );
    // count timer steps: no timer runs while the machine sleeps, so that time does not count
    while (!answered && waitedMs < hostPolicy.pingTimeoutMs && !link.hasEnded) {
      await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 1_000))]);
      waitedMs += 1_000;
    }
    if (link.hasEnded) return;
    if (!answered) return onSilence();
    timer = setTimeout(() => void ping(), hostPolicy.pingEveryMs);
  };
  timer = setTimeout(() => void ping(), hostPolicy.pingEveryMs);
  return () => clearTimeout(timer);
}

function failure(code: string, message: string, retry: "never" | "safe" | "unknown") {
  return { ok: false, error: { code, message, retry } } as const;
}
