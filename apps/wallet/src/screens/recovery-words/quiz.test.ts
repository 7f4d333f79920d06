import { expect, test } from "vitest";
import { createQuiz } from "./quiz.ts";

const words = "river market mango lunch basket drum silent goat school rain coffee sugar".split(
  " ",
);

test("asks for three different words, each with three choices from the wallet's words", () => {
  for (let times = 0; times < 50; times += 1) {
    const questions = createQuiz();
    expect(new Set(questions.map(({ index }) => index)).size).toBe(3);
    for (const { index, choices } of questions) {
      const offered = choices(words);
      expect(new Set(offered).size).toBe(3);
      expect(offered).toContain(words[index]);
      expect(choices(words)).toEqual(offered);
    }
  }
});
