export type Question = {
  /** Index of the word, from 0. */
  readonly index: number;
  /** The right word and two others of the same wallet, in random order; the same at each call. */
  readonly choices: (words: readonly string[]) => readonly string[];
};

function randomBelow(limit: number): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % limit;
}

function shuffled<Value>(values: readonly Value[]): Value[] {
  const rest = [...values];
  const mixed: Value[] = [];
  while (rest.length > 0) mixed.push(...rest.splice(randomBelow(rest.length), 1));
  return mixed;
}

/** Creates three questions about three different words, at random. */
export function createQuiz(): readonly Question[] {
  const indices = shuffled(Array.from({ length: 12 }, (_, index) => index)).slice(0, 3);
  return indices.map((index) => {
    const order = shuffled([0, 1, 2]);
    const seed = randomBelow(1_000_000);
    return {
      index,
      choices: (words) => {
        const right = words[index] ?? "";
        const others = [...new Set(words)].filter((word) => word !== right);
        const start = seed % Math.max(1, others.length);
        const wrong = [...others.slice(start), ...others.slice(0, start)].slice(0, 2);
        const all = [right, ...wrong];
        return order.flatMap((at) => (all[at] === undefined ? [] : [all[at]]));
      },
    };
  });
}
