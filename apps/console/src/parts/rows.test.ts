import { expect, test } from "vitest";
import { slab } from "./rows.ts";

test("a slab that is pressed again before it has ended does nothing more", async () => {
  let done: () => void = () => undefined;
  let presses = 0;
  const button = slab({
    label: "Do it now",
    onclick: () => {
      presses += 1;
      return new Promise<void>((resolve) => {
        done = resolve;
      });
    },
  });
  button.click();
  button.click();
  expect([presses, button.getAttribute("aria-busy")]).toEqual([1, "true"]);
  done();
  await expect.poll(() => button.getAttribute("aria-busy")).toBeNull();
  button.click();
  expect(presses).toBe(2);
});

test("texts of customers never become markup", () => {
  const button = slab({ label: "<img src=x onerror=alert(1)>" });
  expect(button.querySelector("img")).toBeNull();
  expect(button.textContent).toContain("<img");
});
