import { failureFamilies, failureGroups, grpcStatuses } from "@satsconnect/contracts/failures";
import type { FailureCode, FailureGroup } from "@satsconnect/contracts/failures";
import {
  acknowledgementCodes,
  b2cResultCodes,
  mpesaSentences,
  requestErrorCodes,
  reversalCodes,
  statusQueryCodes,
  stkPushCodes,
  stkResultCodes,
  transactionStatuses,
} from "@satsconnect/contracts/mpesa";
import type { MpesaReason, ProviderCode, RequestCode } from "@satsconnect/contracts/mpesa";

const generated = (source: string): string =>
  `Generated from \`${source}\` by \`npm run contracts:generate\`; \`npm run check\` compares it. Change the source, not this page.`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const groups: Readonly<Record<FailureGroup, readonly [title: string, about: string]>> = {
  rest: [
    "REST API",
    "`code` of a problem document (RFC 9457). The same codes are used inside the operator's side and by the API client.",
  ],
  client: [
    "API and backup clients",
    "Made by the clients in `packages/contracts` when no answer of the server is available.",
  ],
  engine: [
    "Engine",
    "Sent over gRPC as metadata `satsconnect-code` and `satsconnect-retry`, with the gRPC status beside it.",
  ],
  payment: [
    "Failed Lightning payments",
    "`FailureReason` of a payment, lower-cased. A buy that waits for a new invoice has it as its reason.",
  ],
  lightning: [
    "Lightning node",
    "Results of `packages/lightning`, in the engine and in the wallet. Those with a gRPC status also cross gRPC.",
  ],
  order: [
    "Reasons of orders",
    "`reason` of an order that ended or waits. [Codes of M-Pesa](provider-codes.md) come as `mpesa_<code>`.",
  ],
  case: [
    "Cases",
    "Situations that an operator must review. An order in state `case` has the code as its reason.",
  ],
  act: ["Acts of an operator", "Why an act on an order was refused."],
  api: ["Inside the API", "Rails, engine, price feeds and the backup server."],
  money: ["Amounts", "Results of `packages/money`."],
  wallet: ["Wallet", "Results of `packages/wallet`."],
  watchtower: [
    "Watchtower",
    "`code` of a signed refusal, or of a problem document, of `apps/watchtower`; `tower_unreachable` and `tower_refused` are made by its client.",
  ],
  port: [
    "Port between screens and node",
    "Failed calls over the message port of `packages/wallet`.",
  ],
  app: ["App", "The device, its PIN and the choice of an operator."],
  cli: ["Terminal", "Why a command of `npm run wallet` failed."],
};

function failureRow([code, entry]: readonly [string, FailureCode]): readonly string[] {
  return [
    `\`${code}\``,
    entry.severity,
    entry.retry ?? "",
    entry.http === undefined ? "" : String(entry.http),
    grpcStatuses[code] ?? "",
    entry.meaning,
  ];
}

/** Text of docs/errors.md. */
export function errorsPage(): string {
  const sections = Object.entries(groups).map(([group, [title, about]]) => {
    const rows = Object.entries(failureGroups[group as FailureGroup]).map(failureRow);
    const head = ["code", "severity", "retry", "HTTP", "gRPC", "meaning"];
    const used = head.map(
      (_name, column) => column === 0 || rows.some((row) => row[column] !== ""),
    );
    const keep = (row: readonly string[]): string[] => row.filter((_cell, at) => used[at]);
    return `## ${title}\n\n${about}\n\n${table(keep(head), rows.map(keep))}\n`;
  });
  const families = table(
    ["code", "severity", "meaning"],
    failureFamilies.map(({ name, severity, meaning }) => [`\`${name}\``, severity, meaning]),
  );
  return `# Failure codes

${generated("packages/contracts/src/failures/registry.ts")} A test compares the registry with the codes in the sources.

An expected failure is a value with a stable \`code\` for programs, a sentence for people, and \`retry\`:

- \`never\`: the same request will fail again.
- \`safe\`: nothing happened; retry.
- \`unknown\`: it may have happened; find out before doing anything that moves money.
- \`varies\`: each occurrence says which.

Severity is how much a failure matters to the operator, and the level it is logged at:

- \`info\`: part of normal use, for example wrong input.
- \`warn\`: unusual or degraded, and it recovers or is retried; look at it when it is frequent.
- \`error\`: a person must look at it during working hours.
- \`critical\` (logged as \`fatal\`): money is at risk or the service cannot run; an alert must wake someone.

${sections.join("\n")}
## Families

Codes made of a fixed part and a value from elsewhere.

${families}
`;
}

function resultRows(
  codes: Readonly<Record<string, ProviderCode<MpesaReason>>>,
): readonly (readonly string[])[] {
  return Object.entries(codes).map(([code, { outcome, reason, mustAct }]) => [
    `\`${code}\``,
    outcome,
    `\`${reason}\``,
    mustAct,
    mpesaSentences[reason],
  ]);
}

function requestRows(codes: readonly RequestCode<MpesaReason>[]): readonly (readonly string[])[] {
  return codes.map(({ code, message, ownCode, retry, outcome, reason, mustAct }) => [
    `\`${code}\`${message === undefined ? "" : `, message matches \`${message.source.replaceAll("|", "\\|")}\``}${ownCode === undefined ? "" : ` (ours: \`${ownCode}\`)`}`,
    outcome,
    `\`${reason}\``,
    retry,
    mustAct,
    mpesaSentences[reason],
  ]);
}

/** Text of docs/provider-codes.md. */
export function providerCodesPage(): string {
  const resultHead = ["code", "outcome", "reason", "must act", "meaning"];
  const requestHead = ["code", "outcome", "reason", "retry", "must act", "meaning"];
  return `# Codes of M-Pesa

${generated("packages/contracts/src/mpesa/result-codes.ts")} The codes of requests are in \`packages/contracts/src/mpesa/request-codes.ts\`.

The API acts on the outcome, the app translates the reason, and the terminal prints the meaning.

- \`succeeded\`: the payment was made.
- \`failed\`: it was not made and never will be.
- \`pending\`: there is no result yet; query again.
- \`unanswered\`: nobody answered the prompt; a late success is still possible.
- \`unknown\`: proves nothing; query again.

## STK push: result

\`ResultCode\` of the callback and of the query. A code that is not listed counts as \`pending\`.

${table(resultHead, resultRows(stkResultCodes))}

## STK push: refusals under our own names

${table(resultHead, resultRows(stkPushCodes))}

## B2C payout: result

\`ResultCode\` of the result callback. A code that is not listed counts as \`unknown\`: only a status query can prove how the payout ended.

${table(resultHead, resultRows(b2cResultCodes))}

## Status query: status of the payment

\`TransactionStatus\` in the result. A status that is not listed counts as \`unknown\`.

${table(["status", ...resultHead.slice(1)], resultRows(transactionStatuses))}

## Status query: result

\`ResultCode\` other than 0. Every other code says nothing about the payment.

${table(resultHead, resultRows(statusQueryCodes))}

## Reversal: result

\`ResultCode\` of the result callback. A code that is not listed counts as \`unknown\`.

${table(resultHead, resultRows(reversalCodes))}

## Requests: error envelopes

\`errorCode\` of the answers of all APIs; the first match applies. A code that is not listed counts as \`unknown\`.

${table(requestHead, requestRows(requestErrorCodes))}

## Requests: acknowledgements

\`ResponseCode\` other than 0. A code that is not listed counts as \`unknown\`.

${table(requestHead, requestRows(acknowledgementCodes))}
`;
}
