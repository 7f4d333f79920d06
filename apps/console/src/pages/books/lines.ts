import { lineStateNames } from "@satsconnect/contracts/admin";
import type { StatementLine } from "@satsconnect/contracts/admin";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { h } from "../../design/dom.ts";
import { admin } from "../../client/admin.ts";
import { kesExact } from "../../format/money.ts";
import { words } from "../../i18n/words.ts";
import { textField } from "../../parts/fields.ts";
import { orderAddress } from "../../parts/orders.ts";
import type { Page, Place } from "../../parts/page.ts";
import { proposalForm } from "../../parts/propose.ts";
import { code, facts, fold, says } from "../../parts/rows.ts";
import { at, atInMargin } from "../../parts/times.ts";

/** Lines of M-Pesa's statement: what has each, and what nothing has. */
export async function linesPage({ query }: Place): Promise<Result<Page>> {
  const text = words().books;
  const state = lineStateNames.find((one) => one === query.get("state"));
  const answer = await admin("listStatementLines", {
    query: { limit: 200, ...(state === undefined ? {} : { state }) },
  });
  if (!answer.ok) return answer;
  const { lines } = answer.value;
  return ok({
    title: text.lines,
    back: "#/books",
    testId: "books-lines",
    body: [
      h(
        "nav",
        { class: "says tabs", "aria-label": text.lines },
        tab("#/books/lines", text.allLines, state === undefined),
        lineStateNames.map((one) =>
          tab(`#/books/lines?state=${one}`, text.lineStates[one], one === state),
        ),
      ),
      lines.length === 0 ? says(text.noLines, "soft") : lines.map(drawLine),
    ],
  });
}

function tab(href: string, label: string, isHere: boolean): HTMLElement {
  return h("a", { href, "aria-current": isHere ? "page" : null }, label);
}

function drawLine(line: StatementLine): HTMLElement {
  const text = words().books;
  return fold(
    {
      when: atInMargin(line.completedAt),
      title: [`${line.receipt} · ${kesExact(BigInt(line.cents))}`],
      second: `${text.lineStates[line.state]} · ${line.otherParty === "" ? line.details : line.otherParty}`,
    },
    facts([
      [text.details, line.details],
      [text.otherParty, line.otherParty],
      [text.shortcode, `${line.shortcode}, ${text.accounts[line.account]}`],
      [words().orders.page.reference, line.accountReference],
      [text.linked, line.linkedReceipt === "" ? null : code(line.linkedReceipt)],
      [text.completed, at(line.completedAt)],
      [text.source, text.sources[line.source]],
      [
        words().orders.page.order,
        line.orderId === null ? null : h("a", { href: orderAddress(line.orderId) }, line.orderId),
      ],
    ]),
    line.state === "unmatched" ? tieForm(line) : null,
  );
}

/** Ties the line to a booking that has another reference. */
function tieForm({ id, receipt }: StatementLine): HTMLElement {
  const text = words().books;
  return proposalForm<string>((changed) => {
    const reference = textField({
      name: text.tieReference,
      hint: text.tieHint,
      max: 60,
      testId: `tie.${receipt}.reference`,
      oninput: changed,
    });
    return {
      fields: [reference],
      read: () =>
        reference.value().length < 3
          ? err("required", `${text.tieReference}: ${words().act.required}`, "never")
          : ok(reference.value()),
      says: (entered) => says(text.tieSays(receipt, entered)),
      send: (actId, entered, reason) =>
        admin("actOnBooks", {
          body: { id: actId, act: { type: "tie_line", lineId: id, reference: entered }, reason },
        }),
      label: text.tie,
      icon: "check",
      testId: `tie.${receipt}`,
    };
  });
}
