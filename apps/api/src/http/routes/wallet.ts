import { routes } from "@satsconnect/contracts";
import type { Transaction } from "@satsconnect/contracts";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import { msat, ok } from "@satsconnect/money";
import { engineUnavailable } from "../../app/engine-unavailable.ts";
import type { History } from "../../app/wallet/history.ts";
import { checkSend } from "../../app/wallet/payments.ts";
import type { WalletPaymentsOptions } from "../../app/wallet/payments.ts";
import type { Mount } from "../mount.ts";

const deadlineMs = 5_000;

export function mountWalletRoutes(
  mount: Mount,
  payments: WalletPaymentsOptions,
  history: History,
  engine: EngineClient,
): void {
  mount.answer(routes.walletBalance, async ({ principal, correlationId }) => {
    const balance = await engine.wallet.getBalance(
      { walletId: principal.walletId },
      { deadlineMs, correlationId },
    );
    if (!balance.ok) return engineUnavailable();
    const { value } = balance;
    return ok({
      spendableMsat: String(value.spendableMsat),
      receivableMsat: String(value.receivableMsat),
      pendingInboundMsat: String(value.pendingInboundMsat),
      pendingOutboundMsat: String(value.pendingOutboundMsat),
      onChainClaimableSat: String(value.onChainClaimableSat),
      channelCount: value.channelCount,
      connected: value.connected,
      asOf: new Date(Number(value.asOfMs)).toISOString(),
    });
  });

  mount.answer(routes.walletSend, async ({ principal, body, resourceId, correlationId }) => {
    const checked = await checkSend(payments, {
      id: resourceId,
      walletId: principal.walletId,
      invoice: body.invoice.toLowerCase(),
      amountMsat: body.amountMsat === undefined ? null : msat(BigInt(body.amountMsat)),
      maxFeeMsat: body.feeLimitMsat === undefined ? null : msat(BigInt(body.feeLimitMsat)),
      correlationId,
    });
    if (!checked.ok) return checked;
    const { amountMsat, estimatedFeeMsat, maxFeeMsat, expiresAt, ...rest } = checked.value;
    return ok({
      ...rest,
      amountMsat: String(amountMsat),
      estimatedFeeMsat: String(estimatedFeeMsat),
      feeLimitMsat: String(maxFeeMsat),
      expiresAt: new Date(expiresAt).toISOString(),
    });
  });

  mount.answer(routes.listTransactions, async ({ principal, query }) => {
    const page = await history.transactions(principal.walletId, query);
    return page.ok
      ? ok({
          transactions: [...page.value.entries] as Transaction[],
          nextCursor: page.value.nextCursor,
        })
      : page;
  });
}
