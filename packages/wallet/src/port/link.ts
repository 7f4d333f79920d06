import { asBoolean, asInteger, asOneOf, asOptional, asRecord, asText } from "./check.ts";
import type { Encoding } from "./encoding.ts";
import { Malformed } from "./value.ts";
import type { PortRecord, PortValue } from "./value.ts";

/** Carries messages in order, each once: a worker's MessagePort, a WebView's bridge, or a pair in a test. */
export type Pipe = {
  readonly post: (raw: unknown) => void;
  readonly listen: (onMessage: (raw: unknown) => void) => void;
  readonly close: () => void;
};

/** A call failed, with the other side's error code or one of the link's own. */
export class CallFailed extends Error {
  override readonly name = "CallFailed";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A two-way byte stream that belongs to a call. */
export type ByteStream = {
  readonly write: (bytes: Uint8Array) => void;
  /** Reports that `count` received bytes were consumed, so that the other side may send more. */
  readonly consumed: (count: number) => void;
  /** Ends the stream in both directions, with an error code if it failed. */
  readonly end: (error?: string) => void;
};

export type StreamHandlers = {
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly onConsumed?: (count: number) => void;
  /** Called exactly once, last; also when the link ends. */
  readonly onEnd: (error: string | null) => void;
};

/** The serving side of a call. */
export type ServedCall = {
  /** Aborts when the caller cancels the call. */
  readonly signal: AbortSignal;
  /** Sends an intermediate value before the answer. */
  readonly item: (value: PortValue) => void;
  /** Opens the call's stream, which stays open after the answer. */
  readonly stream: (handlers: StreamHandlers) => ByteStream;
};

export type Serve = (name: string, params: PortRecord, served: ServedCall) => Promise<PortValue>;

export type LinkOptions = {
  readonly pipe: Pipe;
  readonly encoding: Encoding;
  /** Identifies one run of the worker. Messages of another run are refused. */
  readonly session: string;
  readonly serve: Serve;
  /** Called for each notification: a message without an answer. */
  readonly onNotify?: (name: string, value: PortValue) => void;
  /** Called when this side (`local`) or the other side (`remote`) has refused a message. For logs. */
  readonly onRefused?: (code: RefusalCode, where: "local" | "remote") => void;
  /** Called when a handler of this link threw. */
  readonly onFault?: (error: unknown) => void;
  /** Called when messages were lost. The link has ended, because later messages cannot be trusted. */
  readonly onBroken?: () => void;
};

const refusalCodes = ["malformed", "foreign", "repeated", "lost"] as const;
/**
 * `malformed`: not a valid message. `foreign`: from another run of the worker. `repeated`: already received. `lost`: an
 * earlier message is missing.
 */
export type RefusalCode = (typeof refusalCodes)[number];

type CallOptions = {
  readonly signal?: AbortSignal;
  readonly onItem?: (value: PortValue) => void;
};

type Pending = {
  readonly number: number;
  readonly resolve: (value: PortValue) => void;
  readonly reject: (error: Error) => void;
  readonly onItem: ((value: PortValue) => void) | undefined;
};

/** Limit for concurrent calls from the other side. */
const maxCalls = 4_096;

/**
 * One end of the message port. Both sides can call and serve. Messages are numbered: a malformed, foreign or repeated
 * message is refused without effect, and a gap in the numbers ends the link. No incoming message makes the link throw.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #serving = new Map<number, AbortController>();
  readonly #streams = new Map<string, StreamHandlers>();
  #nextCall = 1;
  #lastServed = 0;
  #sent = 0;
  #received = 0;
  #ended = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    options.pipe.listen((raw) => this.#receive(raw));
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Rejects with CallFailed, or with an AbortError when the signal aborts. */
  call(name: string, params: PortRecord, options: CallOptions = {}): Promise<PortValue> {
    return this.#call(name, params, options).answer;
  }

  /** Makes a call with a stream. The stream is open at once, before the answer comes. */
  callWithStream(
    name: string,
    params: PortRecord,
    handlers: StreamHandlers,
    options: CallOptions = {},
  ): { readonly answer: Promise<PortValue>; readonly stream: ByteStream } {
    const { id, answer } = this.#call(name, params, options);
    return { answer, stream: this.#stream(true, id, handlers) };
  }

  /** Sends a notification: a message without an answer. */
  notify(name: string, value: PortValue): void {
    this.#send({ t: "notify", name, value });
  }

  /** Ends the link. Pending calls and streams fail with `link_over`. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.pipe.close();
    const ended = new CallFailed("link_over", "The connection to the other side has ended.");
    for (const { reject } of this.#pending.values()) reject(ended);
    for (const { onEnd } of this.#streams.values()) this.#guarded(() => onEnd("link_over"));
    for (const controller of this.#serving.values()) controller.abort();
    this.#pending.clear();
    this.#streams.clear();
    this.#serving.clear();
  }

  #call(
    name: string,
    params: PortRecord,
    options: CallOptions,
  ): { readonly id: number; readonly answer: Promise<PortValue> } {
    const id = this.#nextCall++;
    const { signal, onItem } = options;
    const answer = new Promise<PortValue>((resolve, reject) => {
      if (this.#ended)
        return reject(new CallFailed("link_over", "The connection to the other side has ended."));
      if (signal?.aborted === true) return reject(abortError(signal));
      const onAbort = (): void => {
        if (!this.#pending.delete(id)) return;
        this.#send({ t: "cancel", id });
        reject(abortError(signal));
      };
      const stopListening = (): void => signal?.removeEventListener("abort", onAbort);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#pending.set(id, {
        number: this.#sent + 1,
        resolve: (value) => {
          stopListening();
          resolve(value);
        },
        reject: (error) => {
          stopListening();
          reject(error);
        },
        onItem,
      });
      try {
        this.#send({ t: "call", id, name, params });
      } catch (error) {
        this.#pending.delete(id);
        stopListening();
        reject(toFailure(error));
      }
    });
    return { id, answer };
  }

  /** @throws Malformed if the message is not plain data */
  #send(message: PortRecord): void {
    if (this.#ended) return;
    const { pipe, encoding, session } = this.#options;
    const raw = encoding.encode({ s: session, n: this.#sent + 1, m: message });
    this.#sent += 1;
    pipe.post(raw);
  }

  #receive(raw: unknown): void {
    if (this.#ended) return;
    let number: number;
    let message: PortRecord;
    try {
      const envelope = asRecord(this.#options.encoding.decode(raw));
      if (asText(envelope["s"], 100) !== this.#options.session)
        return this.#refuse("foreign", null);
      number = asInteger(envelope["n"], 1);
      message = asRecord(envelope["m"]);
    } catch {
      return this.#refuse("malformed", null);
    }
    if (number <= this.#received) return this.#refuse("repeated", number);
    if (number > this.#received + 1) {
      this.#refuse("lost", number);
      return this.#breakLink();
    }
    this.#received = number;
    try {
      this.#dispatch(message);
    } catch {
      this.#refuse("malformed", number);
    }
  }

  #breakLink(): void {
    this.end();
    this.#guarded(() => this.#options.onBroken?.());
  }

  #refuse(code: RefusalCode, number: number | null): void {
    this.#guarded(() => this.#options.onRefused?.(code, "local"));
    this.#send({ t: "refused", code, number });
  }

  /** @throws Malformed */
  #dispatch(message: PortRecord): void {
    switch (message["t"]) {
      case "call": {
        const id = asInteger(message["id"], this.#lastServed + 1);
        const name = asText(message["name"], 100);
        const params = asRecord(message["params"]);
        this.#lastServed = id;
        return this.#serve(id, name, params);
      }
      case "cancel":
        return this.#serving.get(asInteger(message["id"], 1))?.abort();
      case "item":
      case "answer":
      case "failure":
        return this.#onAnswer(message);
      case "notify": {
        const name = asText(message["name"], 100);
        const { value } = message;
        if (value === undefined) throw new Malformed("a notification has no value");
        return this.#guarded(() => this.#options.onNotify?.(name, value));
      }
      case "bytes":
      case "taken":
      case "end":
        return this.#onStreamMessage(message);
      case "refused": {
        const code = asOneOf(message["code"], refusalCodes);
        const number = asOptional(message["number"], (value) => asInteger(value, 1));
        this.#guarded(() => this.#options.onRefused?.(code, "remote"));
        // a repeated message was processed the first time; a foreign one belongs to another run
        if (code === "repeated" || code === "foreign") return;
        if (code === "lost") return this.#breakLink();
        for (const [id, pending] of this.#pending) {
          if (pending.number !== number) continue;
          this.#pending.delete(id);
          pending.reject(new CallFailed("refused", "The other side refused the message."));
        }
        return;
      }
      default:
        throw new Malformed("unknown message type");
    }
  }

  #onAnswer(message: PortRecord): void {
    const id = asInteger(message["id"], 1);
    if (id >= this.#nextCall) throw new Malformed("an answer to an unknown call");
    const pending = this.#pending.get(id);
    if (message["t"] === "failure") {
      const failure = new CallFailed(asText(message["code"], 100), asText(message["message"]));
      this.#pending.delete(id);
      return pending?.reject(failure);
    }
    const { value } = message;
    if (value === undefined) throw new Malformed("an answer has no value");
    if (message["t"] === "item") return this.#guarded(() => pending?.onItem?.(value));
    this.#pending.delete(id);
    pending?.resolve(value);
  }

  #serve(id: number, name: string, params: PortRecord): void {
    if (this.#serving.size >= maxCalls)
      return this.#send({
        t: "failure",
        id,
        code: "busy",
        message: `More than ${String(maxCalls)} calls are running.`,
      });
    const controller = new AbortController();
    this.#serving.set(id, controller);
    const answer = (message: PortRecord): void => {
      this.#serving.delete(id);
      if (controller.signal.aborted) return;
      try {
        this.#send(message);
      } catch {
        this.#send({
          t: "failure",
          id,
          code: "answer_refused",
          message: "The answer is not plain data.",
        });
      }
    };
    const served: ServedCall = {
      signal: controller.signal,
      item: (value) => {
        if (!controller.signal.aborted) this.#send({ t: "item", id, value });
      },
      stream: (handlers) => this.#stream(false, id, handlers),
    };
    void (async () => this.#options.serve(name, params, served))().then(
      (value) => answer({ t: "answer", id, value }),
      (error: unknown) => {
        const { code, message } = toFailure(error);
        answer({ t: "failure", id, code, message });
      },
    );
  }

  /** Runs a handler; if it throws, the link reports the error and continues. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.onFault?.(error);
    }
  }

  /** @param own true if this side made the call that the stream belongs to */
  #stream(own: boolean, id: number, handlers: StreamHandlers): ByteStream {
    const name = `${String(own)}/${String(id)}`;
    if (this.#ended) queueMicrotask(() => this.#guarded(() => handlers.onEnd("link_over")));
    else this.#streams.set(name, handlers);
    const isOpen = (): boolean => this.#streams.get(name) === handlers;
    return {
      write: (bytes) => {
        if (isOpen()) this.#send({ t: "bytes", own, id, bytes });
      },
      consumed: (count) => {
        if (isOpen() && count > 0) this.#send({ t: "taken", own, id, count });
      },
      end: (error) => {
        if (!isOpen()) return;
        this.#streams.delete(name);
        this.#send({ t: "end", own, id, error: error ?? null });
        this.#guarded(() => handlers.onEnd(error ?? null));
      },
    };
  }

  #onStreamMessage(message: PortRecord): void {
    // `own` is from the sender's point of view
    const own = !asBoolean(message["own"]);
    const id = asInteger(message["id"], 1);
    if (own ? id >= this.#nextCall : id > this.#lastServed)
      throw new Malformed("a stream of an unknown call");
    const name = `${String(own)}/${String(id)}`;
    // undefined if the stream has already ended on this side
    const handlers = this.#streams.get(name);
    switch (message["t"]) {
      case "bytes": {
        const { bytes } = message;
        if (!(bytes instanceof Uint8Array)) throw new Malformed("expected bytes");
        return this.#guarded(() => handlers?.onBytes(bytes));
      }
      case "taken": {
        const count = asInteger(message["count"], 1);
        return this.#guarded(() => handlers?.onConsumed?.(count));
      }
      default: {
        const error = asOptional(message["error"], (value) => asText(value)) ?? null;
        this.#streams.delete(name);
        return this.#guarded(() => handlers?.onEnd(error));
      }
    }
  }
}

function toFailure(error: unknown): CallFailed {
  if (error instanceof CallFailed) return error;
  if (error instanceof Malformed) return new CallFailed("invalid_request", `${error.message}.`);
  return new CallFailed("failed", error instanceof Error ? error.message : "unknown");
}

function abortError(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  if (reason instanceof Error) return reason;
  const error = new Error("Aborted");
  error.name = "AbortError";
  return error;
}
