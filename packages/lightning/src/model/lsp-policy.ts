import { divide, msat, sat } from "@satsconnect/money";
import type { Msat, Sat } from "@satsconnect/money";
import type { Lsps2MenuEntry } from "../core/generated/index.ts";
import { channelCost, jitChannelFee, maxPaymentOver, requiredCapacity } from "./jit-channel-fee.ts";
import { lspServicePolicy } from "./policy.ts";

const { maxCostPerFee, minReceivedDivisor, unpaidGraceMs, maxGrantsOfUnknown } = lspServicePolicy;

/** An LSP's terms and limits for opening channels on demand (LSPS2, bLIP 52). */
export type LspPolicy = {
  /**
   * The terms offered to a client, cheapest first; none while no channel would be opened. `unknownToken` rejects the
   * client's discount token.
   */
  readonly menu: (request: LspMenuRequest) => readonly Lsps2MenuEntry[] | "unknownToken";
  /** Decides on a client's `lsps2.buy`. A grant is a commitment to open the channel when the payment arrives. */
  readonly grant: (request: LspGrantRequest) => LspGrantDecision;
  /** Sizes the channel for a client's first payment, or for a payment of our own to that client. */
  readonly size: (request: LspSizeRequest) => LspSizeDecision;
  /** The fee of a channel opened now, and the smallest payment without that fee. Quotes payer-side openings. */
  readonly price: (amountMsat: Msat, feeRateSatPerKwu: number) => LspPrice;
  /** Decides on a channel that nobody has paid for yet. */
  readonly unpaid: (channel: UnpaidChannel) => "keep" | "close" | "forceClose";
  /** Whether a client is registered with the operator. Absent: every client counts as registered. */
  readonly isRegistered?: (client: string) => Promise<boolean>;
  /** How long an intercepted first payment may wait for its channel before it is failed back, in milliseconds. */
  readonly openTimeoutMs: number;
};

type LspPrice = { readonly feeMsat: Msat; readonly minPaymentMsat: Msat };

export type LspMenuRequest = {
  readonly client: string;
  readonly token: string | null;
  readonly nowMs: number;
  readonly usage: LspUsage;
};

export type LspGrantRequest = {
  readonly client: string;
  /** Null when the payer chooses the amount. */
  readonly paymentSizeMsat: Msat | null;
  readonly usage: LspUsage;
};

export type LspGrantDecision =
  | { readonly grant: true; readonly cltvExpiryDelta: number; readonly clientTrustsLsp: boolean }
  /** bLIP 52 error codes: 201 invalid parameters, 202 payment too small, 203 payment too large; 1 for anything else. */
  | { readonly grant: false; readonly code: 1 | 201 | 202 | 203; readonly message: string };

export type LspSizeRequest = {
  readonly client: string;
  /** The payment that the new channel must carry. */
  readonly amountMsat: Msat;
  /** The opening fee that the client has been promised; null for a payment of our own, which has been paid for. */
  readonly agreedFeeMsat: Msat | null;
  readonly usage: LspUsage;
};

export type LspSizeDecision =
  | { readonly open: true; readonly capacitySat: Sat }
  | { readonly open: false; readonly because: "funds" | "policy"; readonly reason: string };

/**
 * Evidence that a client has given so far: nothing; that the operator knows it; or that it has paid several times what a channel
 * costs, and has left none unpaid since.
 */
export type ClientStanding = "unknown" | "registered" | "paying";

/** The LSP's current usage, for comparison with its limits. */
export type LspUsage = {
  readonly standing: ClientStanding;
  readonly channelsWithClient: number;
  /** Channels with the client that nobody has paid for yet. */
  readonly unpaidWithClient: number;
  readonly grantsOfUnknown: number;
  /** Openings in the last hour. */
  readonly opensForClient: number;
  readonly opens: number;
  /** Of those, the ones for clients that had not paid for a channel before. */
  readonly opensUnproven: number;
  /** Total capacity of the channels that this node opened as an LSP, and of those that are being opened. */
  readonly committedSat: Sat;
  /** Of that, the part with clients that were unknown when it was opened and have not paid since. */
  readonly committedToUnknownSat: Sat;
  /** On-chain funds that may be spent, without the reserve for anchors. */
  readonly spendableSat: Sat;
  /** The feerate of a funding transaction now, in satoshis per 1,000 weight units. */
  readonly feeRateSatPerKwu: number;
};

/** A channel that this node opened as an LSP and over which its client has received nothing yet. */
type UnpaidChannel = {
  /** True while its funding transaction is withheld until the client pays (`client_trusts_lsp`). */
  readonly fundingWithheld: boolean;
  readonly pendingHtlcs: number;
  readonly openedForMs: number;
  /** How long no payment has been pending on it, as far as this run of the node has seen. */
  readonly idleForMs: number;
  readonly connected: boolean;
};

export type StandardLspTerms = {
  /** Lower bound of the opening fee. The channel's on-chain cost at the current feerate is another. */
  readonly minFeeMsat: Msat;
  readonly proportionalMillionths: number;
  readonly minPaymentMsat: Msat;
  readonly maxPaymentMsat: Msat;
  /** How long an offered menu stays valid. */
  readonly validForMs: number;
  /** The LSP keeps the channel open at least this long. */
  readonly minLifetimeBlocks: number;
  /** Channel capacity in percent of what the payment needs, but at least `minCapacitySat`. Unknown clients get 100. */
  readonly headroomPercent: number;
  readonly minCapacitySat: Sat;
  readonly maxCapacitySat: Sat;
  readonly channelsPerClient: number;
  /** Total capacity of all channels opened as an LSP. */
  readonly maxCommittedSat: Sat;
  /** Of that, what may be with unknown clients that have paid for nothing yet. */
  readonly maxCommittedToUnknownSat: Sat;
  /** Above this feerate no channel is opened. */
  readonly maxFeeRateSatPerKwu: number;
  /** Channels opened within an hour: for one client, and in all. Clients that never paid share half of the latter. */
  readonly opensPerHourPerClient: number;
  readonly opensPerHour: number;
  /** A funded channel that nobody has paid for is closed cooperatively after this long, … */
  readonly closeUnpaidAfterMs: number;
  /** … and by force, if its client is not connected, after this long. */
  readonly forceCloseUnpaidAfterMs: number;
  readonly cltvExpiryDelta: number;
  readonly openTimeoutMs: number;
  readonly isRegistered?: (client: string) => Promise<boolean>;
};

type Refusal = { readonly because: "funds" | "policy"; readonly reason: string };

/** The same terms for every client, without discount tokens. What a client has shown decides what it may use of them. */
export function standardLspPolicy(terms: StandardLspTerms): LspPolicy {
  const price = (amountMsat: Msat, feeRateSatPerKwu: number): LspPrice => {
    const cost = channelCost(feeRateSatPerKwu);
    const minFeeMsat = cost > terms.minFeeMsat ? cost : terms.minFeeMsat;
    const left = msat(minFeeMsat / minReceivedDivisor);
    return {
      feeMsat: jitChannelFee(amountMsat, minFeeMsat, terms.proportionalMillionths),
      minPaymentMsat: left > terms.minPaymentMsat ? left : terms.minPaymentMsat,
    };
  };

  /** Why no channel is opened at all now. */
  function closed(usage: LspUsage, ownPayment: boolean): Refusal | undefined {
    const { standing } = usage;
    const policy = (reason: string): Refusal => ({ because: "policy", reason });
    if (usage.feeRateSatPerKwu > terms.maxFeeRateSatPerKwu) {
      const [now, max] = [usage.feeRateSatPerKwu, terms.maxFeeRateSatPerKwu].map(perVirtualByte);
      return policy(`the feerate is ${now} sat/vB, and none is opened above ${max} sat/vB`);
    }
    if (usage.channelsWithClient >= terms.channelsPerClient) {
      return policy(`at most ${terms.channelsPerClient} channels per client`);
    }
    if (usage.opensForClient >= terms.opensPerHourPerClient) {
      return policy(
        `at most ${terms.opensPerHourPerClient} channels are opened per client in an hour`,
      );
    }
    if (usage.opens >= terms.opensPerHour) {
      return policy(`at most ${terms.opensPerHour} channels are opened in an hour`);
    }
    if (ownPayment || standing === "paying") return undefined;
    if (usage.unpaidWithClient > 0) return policy("an earlier channel has not been paid for");
    const share = Math.ceil(terms.opensPerHour / 2);
    return usage.opensUnproven >= share
      ? policy(`at most ${share} channels are opened in an hour for clients without a channel`)
      : undefined;
  }

  /** The largest capacity that may be opened now, and the limit that sets it. */
  function available(usage: LspUsage, ownPayment: boolean): Refusal & { readonly sat: bigint } {
    const limits: { sat: bigint; because: "funds" | "policy"; reason: string }[] = [
      {
        sat: terms.maxCapacitySat,
        because: "policy",
        reason: `larger than ${terms.maxCapacitySat} sat`,
      },
      {
        sat: terms.maxCommittedSat - usage.committedSat,
        because: "policy",
        reason: "the total capacity limit for client channels is reached",
      },
      { sat: usage.spendableSat, because: "funds", reason: "not enough funds on chain" },
    ];
    if (!ownPayment && usage.standing === "unknown") {
      limits.push({
        sat: terms.maxCommittedToUnknownSat - usage.committedToUnknownSat,
        because: "policy",
        reason: "the capacity limit for unknown clients is reached",
      });
    }
    return limits.reduce((least, limit) => (limit.sat < least.sat ? limit : least));
  }

  return {
    price,
    openTimeoutMs: terms.openTimeoutMs,
    ...(terms.isRegistered === undefined ? {} : { isRegistered: terms.isRegistered }),
    menu: ({ token, nowMs, usage }) => {
      if (token !== null) return "unknownToken";
      const feeRate = usage.feeRateSatPerKwu;
      if (closed(usage, false) !== undefined) return [];
      const capacity = available(usage, false).sat;
      const largest = capacity <= 0n ? msat(0n) : maxPaymentOver(sat(capacity), feeRate);
      const maxPayment = largest < terms.maxPaymentMsat ? largest : terms.maxPaymentMsat;
      const { feeMsat } = price(msat(0n), feeRate);
      const smallest = msat(feeMsat + feeMsat / minReceivedDivisor);
      const minPaymentMsat = smallest > terms.minPaymentMsat ? smallest : terms.minPaymentMsat;
      if (maxPayment < minPaymentMsat) return [];
      return [
        {
          minFeeMsat: feeMsat.toString(),
          proportional: terms.proportionalMillionths,
          validUntilSeconds: Math.floor((nowMs + terms.validForMs) / 1000),
          minLifetime: terms.minLifetimeBlocks,
          maxClientToSelfDelay: 2016,
          minPaymentSizeMsat: minPaymentMsat.toString(),
          maxPaymentSizeMsat: maxPayment.toString(),
        },
      ];
    },
    grant: ({ paymentSizeMsat, usage }) => {
      const refuse = (code: 1 | 202 | 203, message: string): LspGrantDecision => ({
        grant: false,
        code,
        message,
      });
      if (paymentSizeMsat !== null && paymentSizeMsat < terms.minPaymentMsat) {
        return refuse(202, "payment too small");
      }
      if (paymentSizeMsat !== null && paymentSizeMsat > terms.maxPaymentMsat) {
        return refuse(203, "payment too large");
      }
      const shut = closed(usage, false);
      if (shut !== undefined) return refuse(1, shut.reason);
      if (usage.standing === "unknown" && usage.grantsOfUnknown >= maxGrantsOfUnknown) {
        return refuse(1, "too many unpaid invoices at the moment");
      }
      return {
        grant: true,
        cltvExpiryDelta: terms.cltvExpiryDelta,
        clientTrustsLsp: usage.standing !== "paying",
      };
    },
    size: ({ amountMsat, agreedFeeMsat, usage }) => {
      const ownPayment = agreedFeeMsat === null;
      const refusal = closed(usage, ownPayment);
      const feeRate = usage.feeRateSatPerKwu;
      if (refusal !== undefined) return { open: false, ...refusal };
      if (agreedFeeMsat !== null && channelCost(feeRate) > agreedFeeMsat * maxCostPerFee) {
        const reason = "the feerate has risen far beyond the fee agreed";
        return { open: false, because: "policy", reason };
      }
      const needed = requiredCapacity(amountMsat, feeRate);
      const generous = ownPayment || usage.standing !== "unknown";
      const percent = generous ? BigInt(terms.headroomPercent) : 100n;
      const required = divide(needed, 1_000n, "ceil");
      const wanted = divide(needed * percent, 100_000n, "ceil");
      const atLeast = generous && wanted < terms.minCapacitySat ? terms.minCapacitySat : wanted;
      const limit = available(usage, ownPayment);
      if (required > limit.sat) {
        return { open: false, because: limit.because, reason: limit.reason };
      }
      return { open: true, capacitySat: sat(atLeast < limit.sat ? atLeast : limit.sat) };
    },
    unpaid: (channel) => {
      if (channel.pendingHtlcs > 0) return "keep";
      if (channel.fundingWithheld) {
        // nothing of it is on chain: closing it costs nothing and releases its coins
        return channel.idleForMs >= unpaidGraceMs ? "forceClose" : "keep";
      }
      if (channel.openedForMs < terms.closeUnpaidAfterMs) return "keep";
      if (channel.connected) return "close";
      return channel.openedForMs >= terms.forceCloseUnpaidAfterMs ? "forceClose" : "keep";
    },
  };
}

function perVirtualByte(satPerKwu: number): string {
  return String(Math.ceil(satPerKwu / 250));
}
