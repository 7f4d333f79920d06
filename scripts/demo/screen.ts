import process from "node:process";

/** Output of the demo: numbered steps, and lines with the time since their step started. */
export type Screen = {
  readonly step: (title: string) => void;
  readonly line: (text: string) => void;
  /** Prints a name and a value, indented below the last line. */
  readonly detail: (name: string, value: string) => void;
  readonly plain: (text: string) => void;
};

export function openScreen(now: () => number): Screen {
  let startedAt = now();
  let steps = 0;
  const write = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  return {
    step(title) {
      steps += 1;
      startedAt = now();
      write(`\n${String(steps)}. ${title}`);
    },
    line(text) {
      const seconds = ((now() - startedAt) / 1_000).toFixed(2);
      write(`${`+${seconds} s`.padStart(10)}  ${text}`);
    },
    detail(name, value) {
      write(`${" ".repeat(14)}${name.padEnd(24)} ${value}`);
    },
    plain: write,
  };
}
