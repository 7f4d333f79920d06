import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { h } from "../../design/dom.ts";
import { admin } from "../../client/admin.ts";
import { words } from "../../i18n/words.ts";
import { caseMeaning } from "../../parts/cases.ts";
import { orderAddress } from "../../parts/orders.ts";
import type { Page, Place } from "../../parts/page.ts";
import { proposalForm } from "../../parts/propose.ts";
import { facts, fold, says, slab, slabs } from "../../parts/rows.ts";
import { age, at } from "../../parts/times.ts";

/** Money that no order has, oldest first. */
export async function bookCasesPage({ query }: Place): Promise<Result<Page>> {
  const text = words().books;
  const state = query.get("state") === "all" ? "all" : "open";
  const answer = await admin("listBookCases", { query: { state, limit: 200 } });
  if (!answer.ok) return answer;
  return ok({
    title: text.casesTitle,
    back: "#/books",
    testId: "books-cases",
    body: [
      answer.value.cases.length === 0 ? says(words().cases.none) : null,
      answer.value.cases.map((one) =>
        fold(
          { when: age(one.openedAt), title: caseMeaning(one), second: one.detail },
          facts([
            [words().orders.page.opened, at(one.openedAt)],
            [
              words().orders.page.order,
              one.orderId === null
                ? null
                : h("a", { href: orderAddress(one.orderId) }, one.orderId),
            ],
            [
              text.resolution,
              one.resolvedAt === null ? null : [`${one.resolution ?? ""} `, at(one.resolvedAt)],
            ],
          ]),
          one.resolvedAt === null
            ? proposalForm(() => ({
                read: () => ok(one.id),
                says: () => says(text.resolveSays),
                send: (id, caseId, reason) =>
                  admin("actOnBooks", {
                    body: { id, act: { type: "resolve_book_case", caseId }, reason },
                  }),
                label: text.resolve,
                icon: "check",
                testId: `resolve.${one.id}`,
              }))
            : null,
        ),
      ),
      says(""),
      slabs(
        slab({
          label: state === "open" ? words().cases.showAll : words().cases.showOpen,
          icon: "cases",
          href: state === "open" ? "#/books/cases?state=all" : "#/books/cases",
        }),
      ),
    ],
  });
}
