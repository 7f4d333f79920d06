import type { IncomingMessage, ServerResponse } from "node:http";
import { addressRange, Places } from "@satsconnect/lightning";
import { clientAddress } from "@satsconnect/lightning/nodejs";
import type { ProxyCheck } from "@satsconnect/lightning/nodejs";
import { answerEsplora } from "../esplora/routes.ts";
import type { EsploraContext } from "../esplora/routes.ts";
import type { GossipSnapshots } from "../lightning/gossip-snapshots.ts";
import type { Logger } from "../logger.ts";
import { httpPolicy } from "../policy.ts";
import { listenHttp } from "./listener.ts";
import type { HttpService } from "./listener.ts";
import { plain, send } from "./reply.ts";

export type EsploraServerOptions = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly esplora: EsploraContext;
  readonly snapshots: Pick<GossipSnapshots, "find">;
  readonly isProxy: ProxyCheck;
  readonly logger: Logger;
};

const prefix = "/esplora/";
const snapshotPath = /^gossip\/snapshot\/(\d{1,10})$/u;
const snapshotMaxAgeSeconds = 60;
/** Five years. */
const immutableMaxAgeSeconds = 157_784_630;

/** Serves the Esplora API and gossip snapshots, which wallets reach. Resolves with its port once it listens. */
export function serveEsplora(options: EsploraServerOptions): Promise<HttpService> {
  const uploads = new Places(httpPolicy.uploads, () => Date.now());
  const answers = new ConcurrentAnswers(httpPolicy.answers);
  const downloads = new ConcurrentAnswers(httpPolicy.snapshotDownloads);
  return listenHttp({
    listen: options.listen,
    connections: httpPolicy.esploraConnections,
    isProxy: options.isProxy,
    handle: (request, response) =>
      handle(options, { uploads, answers, downloads }, request, response),
    logger: options.logger,
  });
}

type Limits = {
  readonly uploads: Places;
  readonly answers: ConcurrentAnswers;
  readonly downloads: ConcurrentAnswers;
};

async function handle(
  options: EsploraServerOptions,
  { uploads, answers, downloads }: Limits,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? "GET";
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  // Browser wallets read the chain from another origin. All of it is public data.
  response.setHeader("access-control-allow-origin", "*");
  if (method === "OPTIONS") {
    response.setHeader("access-control-allow-methods", "GET, HEAD, POST");
    response.setHeader("access-control-allow-headers", "content-type, if-none-match");
    response.setHeader("access-control-max-age", "86400");
    return send(request, response, { status: 204, type: "text/plain", body: "" });
  }
  if (!path.startsWith(prefix)) return send(request, response, plain(404, "Not found"));
  const address = clientAddress(request, options.isProxy);
  const range = address === undefined ? undefined : addressRange(address);
  const since = snapshotPath.exec(path.slice(prefix.length))?.[1];
  if (since !== undefined) {
    return sendSnapshot(
      options.snapshots,
      downloads,
      { since: Number(since), range },
      request,
      response,
    );
  }
  // Only while the answer is being made: a body that arrives slowly must not occupy Bitcoin Core's work queue.
  const body = method === "POST" ? await readBody(request, range, uploads) : Buffer.alloc(0);
  if (body === "refused" || body === "large") {
    // The rest of the body is left unread.
    response.setHeader("connection", "close");
    if (body === "large") return send(request, response, plain(413, "Request body too large"));
    response.setHeader("retry-after", "1");
    return send(request, response, plain(503, "Too many uploads at a time. Try again."));
  }
  if (!answers.begin(range)) {
    response.setHeader("retry-after", "1");
    return send(request, response, plain(503, "Too many requests at a time. Try again."));
  }
  try {
    const part = path.slice(prefix.length);
    const { immutable, ...answer } = await answerEsplora(options.esplora, method, part, body);
    // Answers that may change are revalidated by ETag each time.
    const cacheControl =
      immutable && answer.status === 200
        ? `public, max-age=${String(immutableMaxAgeSeconds)}, immutable`
        : method === "POST" || answer.status !== 200
          ? "no-store"
          : "no-cache";
    send(request, response, { ...answer, cacheControl });
  } finally {
    answers.end(range);
  }
}

/** Sends a gossip snapshot. A download counts until it ends, because a snapshot is large. */
function sendSnapshot(
  snapshots: EsploraServerOptions["snapshots"],
  downloads: ConcurrentAnswers,
  { since, range }: { readonly since: number; readonly range: string | undefined },
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return send(request, response, plain(405, "Use GET"));
  }
  const snapshot = snapshots.find(since);
  if (snapshot === undefined) {
    response.setHeader("retry-after", "30");
    return send(request, response, plain(503, "There are no snapshots yet. Try again."));
  }
  if (!downloads.begin(range)) {
    response.setHeader("retry-after", "5");
    return send(request, response, plain(503, "Too many downloads at a time. Try again."));
  }
  response.once("close", () => downloads.end(range));
  send(request, response, {
    status: 200,
    type: "application/octet-stream",
    body: snapshot.body,
    cacheControl: `public, max-age=${String(snapshotMaxAgeSeconds)}`,
    etag: snapshot.etag,
  });
}

/** Reads a body. `refused`: there is no place for another upload. `large`: it is larger than any that is relayed. */
async function readBody(
  request: IncomingMessage,
  range: string | undefined,
  uploads: Places,
): Promise<Buffer | "refused" | "large"> {
  const place = {
    range,
    known: false,
    since: Date.now(),
    drop: () => request.socket.destroy(),
  };
  if (Number(request.headers["content-length"] ?? 0) > httpPolicy.maxBodyBytes) return "large";
  if (!uploads.admit(place)) return "refused";
  try {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of request) {
      const bytes = chunk as Buffer;
      length += bytes.length;
      if (length > httpPolicy.maxBodyBytes) return "large";
      chunks.push(bytes);
    }
    return Buffer.concat(chunks);
  } finally {
    uploads.leave(place);
  }
}

/** Answers being made, limited in all and for each address range. */
class ConcurrentAnswers {
  readonly #byRange = new Map<string, number>();
  #total = 0;
  readonly #limits: { readonly total: number; readonly perRange: number };

  constructor(limits: { readonly total: number; readonly perRange: number }) {
    this.#limits = limits;
  }

  /** False when there are too many, in all or from this address range. */
  begin(range: string | undefined): boolean {
    const mine = this.#byRange.get(range ?? "") ?? 0;
    if (this.#total >= this.#limits.total || mine >= this.#limits.perRange) return false;
    this.#total += 1;
    this.#byRange.set(range ?? "", mine + 1);
    return true;
  }

  end(range: string | undefined): void {
    this.#total -= 1;
    const left = (this.#byRange.get(range ?? "") ?? 1) - 1;
    if (left > 0) this.#byRange.set(range ?? "", left);
    else this.#byRange.delete(range ?? "");
  }
}
