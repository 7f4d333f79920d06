export type Question = {
  /** Which word, from 0. */
  readonly place: number;
  /** The right word and two others of the same wallet, in an order that chance decided. */
  readonly choices: (words: readonly string[]) => readonly string[];
};

function below(limit: number): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % limit;
}

function shuffled<Value>(values: readonly Value[]): Value[] {
  const rest = [...values];
  const mixed: Value[] = [];
  while (rest.length > 0) mixed.push(...rest.splice(below(rest.length), 1));
  return mixed;
}

/** Three questions about three different words. */
export function createQuiz(): readonly Question[] {
  const places = shuffled(Array.from({ length: 12 }, (_, place) => place)).slice(0, 3);
  return places.map((place) => {
    const order = shuffled([0, 1, 2]);
    const seed = below(1_000_000);
    return {
      place,
      choices: (words) => {
        const right = words[place] ?? "";
        const others = [...new Set(words)].filter((word) => word !== right);
        const start = seed % Math.max(1, others.length);
        const wrong = [...others.slice(start), ...others.slice(0, start)].slice(0, 2);
        const all = [right, ...wrong];
        return order.flatMap((at) => (all[at] === undefined ? [] : [all[at]]));
      },
    };
  });
}
