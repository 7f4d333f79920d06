import process from "node:process";
import type { Failure, Result } from "@satsconnect/money";
import { CommandFailed } from "../command-failed.ts";
import type { Arguments } from "./arguments.ts";
import type { Connection } from "./connection.ts";

export type Context = Connection & {
  readonly args: Arguments;
  /** Prints a result: a text for people, or with `--json` the value. */
  readonly print: (text: string, value: unknown) => void;
};

export function createContext(args: Arguments, connection: Connection): Context {
  return {
    ...connection,
    args,
    print: (text, value) => {
      process.stdout.write(
        `${args.values.json === true ? JSON.stringify(value, null, 2) : text}\n`,
      );
    },
  };
}

/** The value of an answer. @throws CommandFailed that says what to do */
export function valueOf<Value>(context: Connection, answer: Result<Value>): Value {
  if (answer.ok) return answer.value;
  throw failed(context, answer.error);
}

const hints: Readonly<Record<string, string>> = {
  act_stale: "Run `satsctl order ID` again, and repeat the act if it is still right.",
  act_not_possible: "`satsctl order ID` lists what is possible now.",
  operator_disabled: "Another operator can enrol you anew: `satsctl operators add NAME`.",
  passkey_required: "Approve it in the console.",
};

const inputCodes: ReadonlySet<string> = new Set([
  "invalid_request",
  "order_not_found",
  "switch_unknown",
  "switch_subject_invalid",
  "switch_value_invalid",
]);

function failed({ connectionProblem }: Connection, { code, message, retry }: Failure) {
  const text = code === "network_unreachable" ? (connectionProblem() ?? message) : message;
  const unknown = retry === "unknown" && code !== "network_unreachable";
  const hint =
    hints[code] ??
    (unknown ? "It may have happened anyway: look at `satsctl acts` before you repeat it." : "");
  return new CommandFailed(
    code,
    hint === "" ? text : `${text} ${hint}`,
    inputCodes.has(code) ? 2 : 1,
  );
}
