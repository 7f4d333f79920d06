import type { Failure } from "@satsconnect/money";
import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";

/**
 * The message for a failure. A code that has no message of its own is included in a general one, so that people can
 * quote it when they ask for help.
 */
export function failureMessage(failure: Failure, words: MoneyWords): string {
  const { problem } = words;
  switch (failure.code) {
    case "network_unreachable":
      return failure.retry === "unknown" ? problem.unknown : problem.offline;
    case "answer_malformed":
    case "answer_timed_out":
      return failure.retry === "unknown" ? problem.unknown : problem.slow;
    // the node's codes for the same failures
    case "insufficient_funds":
      return problem.insufficient_balance;
    case "operator_offline":
      return problem.lsp_offline;
    case "other":
    case "otherUnknown":
      return problem.other(failure.code);
    default: {
      const known = Object.entries(problem).find(([code]) => code === failure.code)?.[1];
      if (typeof known === "string") return known;
      return failure.retry === "unknown"
        ? problem.otherUnknown(failure.code)
        : problem.other(failure.code);
    }
  }
}
