import { err, ok, zeroMsat } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import type { Event, Lsps2FeeParameters } from "../core/generated/index.ts";
import { refused, unexpected } from "../runtime/failures.ts";
import type { CoreSession } from "../runtime/core-session.ts";
import type {
  JitErrorCode,
  JitInvoice,
  JitInvoiceRequest,
  OpeningTerms,
} from "../model/lightning-node.ts";
import { lspClientPolicy } from "../model/policy.ts";
import { toMsat } from "../model/views-from-core.ts";
import { idempotencyConflict } from "../payments/idempotency.ts";
import type { Receiving } from "../payments/receiving.ts";
import { SessionEnded } from "../runtime/core-loop.ts";
import { jitChannelFee } from "../model/jit-channel-fee.ts";

const { answerTimeoutMs, validityMarginMs, maxNeededValidityMs } = lspClientPolicy;

type Answer =
  | Extract<Event, { type: "lsps2MenuReceived" | "lsps2InvoiceParameters" | "lsps2RequestFailed" }>
  | undefined;

/** The client side of LSPS2 (bLIP 52): creates invoices whose payment makes the LSP open a channel. */
export class LspClient {
  readonly #session: CoreSession;
  readonly #receiving: Receiving;
  readonly #menus = new Map<string, readonly Lsps2FeeParameters[]>();
  readonly #requests = new Map<string, (answer: Answer) => void>();

  constructor(session: CoreSession, receiving: Receiving) {
    this.#session = session;
    this.#receiving = receiving;
  }

  stop(): void {
    for (const answer of this.#requests.values()) answer(undefined);
    this.#requests.clear();
    this.#menus.clear();
  }

  onEvent(event: Exclude<Answer, undefined>): void {
    const waiting = this.#requests.get(`${event.lsp}/${event.requestId}`);
    if (waiting === undefined) {
      this.#session.logger.debug({ lsp: event.lsp }, "LSP answer without a request");
    }
    waiting?.(event);
  }

  async createInvoice(request: JitInvoiceRequest): Promise<Result<JitInvoice, JitErrorCode>> {
    const { lsp, amountMsat, maxOpeningFeeMsat } = request;
    const earlier = await this.#earlierInvoice(request);
    if (earlier !== undefined) return earlier;
    if (!(await this.#waitForConnection(lsp)))
      return err("lsp_offline", "The channel partner is not connected.", "safe");
    const paidByLsp = request.paidByLsp === true;
    const terms = await this.#terms(lsp, paidByLsp ? null : amountMsat, request.expirySeconds);
    if (!terms.ok) return terms;
    const openingFeeMsat = feeOf(terms.value, amountMsat);
    if (!paidByLsp && openingFeeMsat > maxOpeningFeeMsat) {
      return err(
        "fee_too_high",
        `Opening a channel costs ${openingFeeMsat} msat, more than the ${maxOpeningFeeMsat} msat allowed.`,
        "never",
      );
    }
    const parameters = await this.#request(lsp, {
      type: "lsps2Buy",
      lsp,
      // the LSP's limits are for payments from which it deducts its fee
      ...(paidByLsp ? {} : { paymentSizeMsat: amountMsat.toString() }),
      parameters: terms.value,
    });
    if (!parameters.ok) {
      // the terms may no longer be valid: the next call requests a fresh menu
      this.#menus.delete(lsp);
      return parameters;
    }
    if (parameters.value.type !== "lsps2InvoiceParameters") {
      return err("lsp_refused", "The channel partner sent an unexpected answer.", "safe");
    }
    const remainingMs = Date.parse(terms.value.validUntil) - this.#session.clock.now();
    const created = await this.#receiving.createInvoice({
      amountMsat,
      description: request.description,
      // the LSP refuses payments after its terms have expired
      expirySeconds: Math.max(1, Math.min(request.expirySeconds, Math.floor(remainingMs / 1000))),
      ...(request.idempotencyKey === undefined ? {} : { idempotencyKey: request.idempotencyKey }),
      jit: {
        scid: parameters.value.scid,
        cltvExpiryDelta: parameters.value.cltvExpiryDelta,
        lspNodeId: lsp,
        maxOpeningFeeMsat: paidByLsp ? "0" : openingFeeMsat.toString(),
      },
    });
    return created.ok
      ? ok({
          payment: created.value,
          invoice: created.value.request ?? "",
          openingFeeMsat: created.value.maxSkimmedFeeMsat ?? openingFeeMsat,
        })
      : created;
  }

  async openingTerms(lsp: string): Promise<Result<readonly OpeningTerms[], JitErrorCode>> {
    if (!this.#session.peers.isConnected(lsp))
      return err("lsp_offline", "The channel partner is not connected.", "safe");
    const menu = await this.#menu(lsp);
    if (!menu.ok) return menu;
    const now = this.#session.clock.now();
    return ok(
      menu.value
        .map((terms) => ({
          minFeeMsat: toMsat(terms.minFeeMsat),
          proportionalMillionths: terms.proportional,
          minPaymentMsat: toMsat(terms.minPaymentSizeMsat),
          maxPaymentMsat: toMsat(terms.maxPaymentSizeMsat),
          validUntil: Date.parse(terms.validUntil),
        }))
        .filter(({ validUntil }) => validUntil - now > validityMarginMs),
    );
  }

  /** Returns the invoice made earlier with the same key, without another `lsps2.buy`. */
  async #earlierInvoice(
    request: JitInvoiceRequest,
  ): Promise<Result<JitInvoice, JitErrorCode> | undefined> {
    const { payments, loop } = this.#session;
    if (request.idempotencyKey === undefined) return undefined;
    const use = await payments.keyUse(request.idempotencyKey);
    if (use === undefined) return undefined;
    await loop.released();
    const payment = await payments.byNumber(use.number);
    if (
      payment?.direction !== "inbound" ||
      payment.amountMsat !== request.amountMsat ||
      payment.description !== request.description
    ) {
      return idempotencyConflict();
    }
    return ok({
      payment,
      invoice: payment.request ?? "",
      openingFeeMsat: payment.maxSkimmedFeeMsat ?? zeroMsat,
    });
  }

  async #waitForConnection(lsp: string): Promise<boolean> {
    const timeout = new AbortController();
    const cancel = this.#session.clock.after(answerTimeoutMs, () => timeout.abort());
    const connected = await this.#session.peers.whenConnected(lsp, timeout.signal);
    cancel();
    return connected;
  }

  /** The cheapest terms for this amount, from the cached menu or else from a fresh one. */
  async #terms(
    lsp: string,
    amountMsat: Msat | null,
    expirySeconds: number,
  ): Promise<Result<Lsps2FeeParameters, JitErrorCode>> {
    const cached = cheapestTerms(
      this.#menus.get(lsp) ?? [],
      amountMsat,
      this.#session.clock.now(),
      expirySeconds,
    );
    if (cached !== undefined) return ok(cached);
    const menu = await this.#freshMenu(lsp);
    if (!menu.ok) return menu;
    const chosen = cheapestTerms(menu.value, amountMsat, this.#session.clock.now(), expirySeconds);
    return chosen === undefined
      ? err(
          "lsp_no_terms",
          "The channel partner currently offers no channel for this amount.",
          "safe",
        )
      : ok(chosen);
  }

  async #menu(lsp: string): Promise<Result<readonly Lsps2FeeParameters[], JitErrorCode>> {
    const now = this.#session.clock.now();
    const cached = this.#menus.get(lsp) ?? [];
    const isValid = cached.some(
      ({ validUntil }) => Date.parse(validUntil) - now > validityMarginMs,
    );
    return isValid ? ok(cached) : this.#freshMenu(lsp);
  }

  async #freshMenu(lsp: string): Promise<Result<readonly Lsps2FeeParameters[], JitErrorCode>> {
    const answer = await this.#request(lsp, { type: "lsps2RequestMenu", lsp });
    if (!answer.ok) return answer;
    if (answer.value.type !== "lsps2MenuReceived") {
      return err("lsp_refused", "The channel partner sent an unexpected answer.", "safe");
    }
    this.#menus.set(lsp, answer.value.menu);
    return ok(answer.value.menu);
  }

  /** Sends a request to the LSP and waits for its answer. */
  async #request(
    lsp: string,
    command: Parameters<CoreSession["loop"]["command"]>[0],
  ): Promise<Result<Exclude<Answer, undefined>, JitErrorCode>> {
    const { loop, clock } = this.#session;
    const outcome = await loop.query(command);
    if (!outcome.ok) {
      return outcome.error.code === "peerNotConnected"
        ? err("lsp_offline", "The channel partner is not connected.", "safe")
        : refused(outcome.error);
    }
    if (outcome.value.type !== "lsps2Request") return unexpected(outcome);
    const name = `${lsp}/${outcome.value.requestId}`;
    // no race: the answer needs a network round trip, and is registered before that
    const answer = await new Promise<Answer | "timeout">((resolve) => {
      const cancel = clock.after(answerTimeoutMs, () => resolve("timeout"));
      this.#requests.set(name, (received) => {
        cancel();
        resolve(received);
      });
    });
    this.#requests.delete(name);
    if (answer === undefined) throw new SessionEnded();
    if (answer === "timeout")
      return err("lsp_offline", "The channel partner did not answer in time.", "safe");
    return answer.type === "lsps2RequestFailed"
      ? err("lsp_refused", `The channel partner refused: ${answer.message.slice(0, 200)}.`, "safe")
      : ok(answer);
  }
}

function feeOf(terms: Lsps2FeeParameters, amountMsat: Msat): Msat {
  return jitChannelFee(amountMsat, toMsat(terms.minFeeMsat), terms.proportional);
}

/** The cheapest entry that allows the amount, unless it is null, and stays valid long enough. */
function cheapestTerms(
  menu: readonly Lsps2FeeParameters[],
  amountMsat: Msat | null,
  nowMs: number,
  expirySeconds: number,
): Lsps2FeeParameters | undefined {
  const neededMs = Math.min(expirySeconds * 1000, maxNeededValidityMs) + validityMarginMs;
  const lasting = menu.filter((terms) => Date.parse(terms.validUntil) - nowMs >= neededMs);
  if (amountMsat === null) return lasting[0];
  return lasting
    .filter((terms) => amountMsat >= toMsat(terms.minPaymentSizeMsat))
    .filter((terms) => amountMsat <= toMsat(terms.maxPaymentSizeMsat))
    .filter((terms) => feeOf(terms, amountMsat) < amountMsat)
    .toSorted((a, b) => Number(feeOf(a, amountMsat) - feeOf(b, amountMsat)))[0];
}
