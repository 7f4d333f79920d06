import { fill, h } from "./design/dom.ts";
import { language, setLanguage, words } from "./i18n/words.ts";
import { openSession, session } from "./client/session.ts";
import { failureText } from "./parts/failure.ts";
import { drawPage } from "./parts/page.ts";
import type { Page, Place } from "./parts/page.ts";
import { says, slab, slabs } from "./parts/rows.ts";
import { drawRail } from "./parts/rail.ts";
import { onRedraw } from "./parts/navigation.ts";
import { pages } from "./pages/index.ts";
import { signInPage } from "./pages/sign-in.ts";

const root = document.querySelector("#root") ?? document.body;
let drawing = 0;

function placeOf(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/u, "").split("?");
  return {
    parts: path
      .split("/")
      .filter((part) => part !== "")
      .map(decodeURIComponent),
    query: new URLSearchParams(query),
  };
}

function problemPage(text: string): Page {
  return {
    title: words().failed,
    testId: "failed",
    body: [
      says(text, "stop"),
      slabs(
        slab({ label: words().again, tone: "ink", onclick: () => void draw(), testId: "again" }),
      ),
    ],
  };
}

/** Whether the session has ended, or its operator has been disabled. */
function needsSignIn(code: string): boolean {
  return code === "operator_required" || code === "operator_disabled";
}

async function pageAt(place: Place): Promise<Page> {
  const name = place.parts[0] ?? "cases";
  const loader = pages[name];
  // Links for enrolment are opened by people who cannot sign in yet.
  if (name !== "enrol" && session() === null) {
    const opened = await openSession();
    if (!opened.ok)
      return needsSignIn(opened.error.code) ? signInPage() : problemPage(failureText(opened.error));
  }
  if (loader === undefined) return problemPage(words().noSuchPage);
  const page = await loader(place);
  if (page.ok) return page.value;
  if (needsSignIn(page.error.code)) return signInPage();
  return problemPage(failureText(page.error));
}

/**
 * Draws the page of the current address. The page before stays until the next one is complete, and nothing is drawn
 * again by itself: what an operator is about to press never moves.
 */
async function draw(): Promise<void> {
  drawing += 1;
  const mine = drawing;
  root.setAttribute("aria-busy", "true");
  const place = placeOf(location.hash);
  const page = await pageAt(place);
  if (mine !== drawing) return;
  const main = drawPage(page);
  fill(
    root,
    h("a", { class: "skip", href: "#main", onclick: skip }, words().skip),
    page.bare === true ? main : h("div", { class: "frame" }, drawRail(place), main),
  );
  root.removeAttribute("aria-busy");
  document.title = `${page.title} · SatsConnect`;
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("main")?.focus();
}

setLanguage(language());
onRedraw(() => void draw());
addEventListener("hashchange", () => void draw());
await draw();
