import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { icon } from "../design/icon.ts";
import { session } from "../client/session.ts";
import { words } from "../i18n/words.ts";
import { changeLanguage, leave } from "../parts/leave.ts";
import type { Page } from "../parts/page.ts";
import { menuRows } from "../parts/rail.ts";
import { list, row, says, slab, slabs } from "../parts/rows.ts";

/** The parts of the book, for narrow windows. */
export async function menuPage(): Promise<Result<Page>> {
  const text = words();
  return ok({
    title: "SatsConnect",
    back: "#/cases",
    testId: "menu-page",
    body: [
      list(text.menu, menuRows()),
      row({
        when: icon("lock"),
        title: text.signedInAs(session()?.operator.name ?? ""),
        second: text.network(session()?.network ?? ""),
      }),
      says(""),
      slabs(
        slab({
          label: text.otherLanguage,
          icon: "tongue",
          onclick: changeLanguage,
          testId: "language",
        }),
        slab({
          label: text.signOut,
          icon: "leave",
          tone: "ink",
          onclick: leave,
          testId: "sign-out",
        }),
      ),
    ],
  });
}
