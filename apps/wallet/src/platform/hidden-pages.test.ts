import { expect, test, vi } from "vitest";
import { HiddenPages } from "./hidden-pages.ts";
import type { HiddenPage } from "./hidden-pages.ts";

function only(hiddenPages: HiddenPages): HiddenPage {
  const [page] = hiddenPages.pages();
  if (page === undefined || hiddenPages.pages().length > 1)
    throw new Error("Expected exactly one page");
  return page;
}

test("sends the session, then the queued messages, once both the page and its view are ready", () => {
  const hiddenPages = new HiddenPages();
  const { pipe } = hiddenPages.open("node", "session-1", () => undefined);
  pipe.post("first");
  const page = only(hiddenPages);
  page.onText("satsconnect:ready");
  const posted: string[] = [];
  page.onView((text) => posted.push(text));
  pipe.post("second");
  expect(posted).toEqual(["satsconnect:session:session-1", "first", "second"]);
});

test("ignores what a page posts before the session was sent, and queues everything afterwards", () => {
  const hiddenPages = new HiddenPages();
  const { pipe } = hiddenPages.open("node", "session-1", () => undefined);
  const page = only(hiddenPages);
  page.onText("{}");
  page.onView(() => undefined);
  page.onText("satsconnect:ready");
  page.onText("one");
  const received: unknown[] = [];
  pipe.listen((raw) => received.push(raw));
  page.onText("two");
  expect(received).toEqual(["one", "two"]);
});

test("reports a crash once when the process ends or the page is reloaded, and closes the page", () => {
  const hiddenPages = new HiddenPages();
  const redrawn = vi.fn();
  hiddenPages.subscribe(redrawn);
  const onCrash = vi.fn();
  hiddenPages.open("node", "session-1", onCrash);
  const page = only(hiddenPages);
  page.onText("satsconnect:ready");
  page.onText("satsconnect:ready");
  page.onCrash();
  expect(onCrash).toHaveBeenCalledTimes(1);
  expect(hiddenPages.pages()).toEqual([]);
  expect(redrawn).toHaveBeenCalledTimes(2);
});

test("ending a page reports no crash and leaves other pages open", () => {
  const hiddenPages = new HiddenPages();
  const onCrash = vi.fn();
  const first = hiddenPages.open("node", "session-1", onCrash);
  hiddenPages.open("node", "session-2", onCrash);
  first.end();
  first.pipe.post("ignored");
  expect(onCrash).not.toHaveBeenCalled();
  expect(hiddenPages.pages()).toHaveLength(1);
});
