import process from "node:process";

/** A command's output: sentences for people, or one JSON object per line for programs. */
export type Output = {
  /** Reports progress: `text` for people, `fields` for programs. */
  readonly step: (text: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Prints the command's result. */
  readonly result: (text: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Prints a warning. */
  readonly warn: (text: string) => void;
  readonly json: boolean;
};

function toJson(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(fields, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

export function openOutput(json: boolean, now: () => number): Output {
  const startedAt = now();
  const write = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  if (json) {
    return {
      json,
      step: (_text, fields) => write(toJson({ type: "step", at: now(), ...fields })),
      result: (_text, fields) => write(toJson({ type: "result", at: now(), ...fields })),
      warn: (text) => write(toJson({ type: "warning", message: text })),
    };
  }
  return {
    json,
    step: (text) => {
      const seconds = ((now() - startedAt) / 1000).toFixed(1);
      write(`${`+${seconds} s`.padStart(9)}  ${text}`);
    },
    result: (text) => write(text),
    warn: (text) => process.stderr.write(`Warning: ${text}\n`),
  };
}
