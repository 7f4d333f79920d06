import type { ActResult } from "@satsconnect/contracts/admin";
import { h } from "../design/dom.ts";
import { words } from "../i18n/words.ts";
import { code, part, says } from "./rows.ts";
import { at } from "./times.ts";

/** A one-time enrolment link, which is shown once. */
export function drawEnrolment({
  url,
  expiresAt,
}: NonNullable<ActResult["enrolment"]>): HTMLElement {
  const text = words();
  return h(
    "div",
    { "aria-live": "polite", "data-testid": "enrolment" },
    part(text.act.link),
    says(text.act.linkDetail),
    says([code(url), " ", text.enrol.until, " ", at(expiresAt)]),
  );
}
