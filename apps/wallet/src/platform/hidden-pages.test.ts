import { expect, test, vi } from "vitest";
import { HiddenPages } from "./hidden-pages.ts";
import type { HiddenPage } from "./hidden-pages.ts";

function only(hiddenPages: HiddenPages): HiddenPage {
  const [life] = hiddenPages.lives();
  if (life === undefined || hiddenPages.lives().length > 1) throw new Error("not one");
  return life;
}

test("a page is greeted with the session when both it and its view are there, then told what waited", () => {
  const hiddenPages = new HiddenPages();
  const { pipe } = hiddenPages.begin("node", "life-1", () => undefined);
  pipe.post("first");
  const life = only(hiddenPages);
  life.onText("satsconnect:ready");
  const said: string[] = [];
  life.onView((text) => said.push(text));
  pipe.post("second");
  expect(said).toEqual(["satsconnect:session:life-1", "first", "second"]);
});

test("what the page says before it was greeted is nothing; afterwards nothing of it is lost", () => {
  const hiddenPages = new HiddenPages();
  const { pipe } = hiddenPages.begin("node", "life-1", () => undefined);
  const life = only(hiddenPages);
  life.onText("{}");
  life.onView(() => undefined);
  life.onText("satsconnect:ready");
  life.onText("one");
  const heard: unknown[] = [];
  pipe.listen((raw) => heard.push(raw));
  life.onText("two");
  expect(heard).toEqual(["one", "two"]);
});

test("a view whose process ends, or whose page is loaded anew, is a death, told once; its view goes", () => {
  const hiddenPages = new HiddenPages();
  const redrawn = vi.fn();
  hiddenPages.subscribe(redrawn);
  const died = vi.fn();
  hiddenPages.begin("node", "life-1", died);
  const life = only(hiddenPages);
  life.onText("satsconnect:ready");
  life.onText("satsconnect:ready");
  life.onDeath();
  expect(died).toHaveBeenCalledTimes(1);
  expect(hiddenPages.lives()).toEqual([]);
  expect(redrawn).toHaveBeenCalledTimes(2);
});

test("one that was ended on purpose dies silently, and others stay", () => {
  const hiddenPages = new HiddenPages();
  const died = vi.fn();
  const first = hiddenPages.begin("node", "life-1", died);
  hiddenPages.begin("node", "life-2", died);
  first.end();
  first.pipe.post("nobody hears this");
  expect(died).not.toHaveBeenCalled();
  expect(hiddenPages.lives()).toHaveLength(1);
});
