import process from "node:process";

/** Where a command's words go: sentences for people, or one JSON object a line for programs. */
export type Output = {
  /** What happens on the way. `fields` are for programs. */
  readonly step: (words: string, fields: Readonly<Record<string, unknown>>) => void;
  /** What the command was asked for. */
  readonly result: (words: string, fields: Readonly<Record<string, unknown>>) => void;
  /** What a person must be told besides. */
  readonly warn: (words: string) => void;
  readonly json: boolean;
};

function toJson(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(fields, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

export function openOutput(json: boolean, now: () => number): Output {
  const startedAt = now();
  const write = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  if (json) {
    return {
      json,
      step: (_words, fields) => write(toJson({ type: "step", at: now(), ...fields })),
      result: (_words, fields) => write(toJson({ type: "result", at: now(), ...fields })),
      warn: (words) => write(toJson({ type: "warning", message: words })),
    };
  }
  return {
    json,
    step: (words) => {
      const seconds = ((now() - startedAt) / 1000).toFixed(1);
      write(`${`+${seconds} s`.padStart(9)}  ${words}`);
    },
    result: (words) => write(words),
    warn: (words) => process.stderr.write(`Note: ${words}\n`),
  };
}
