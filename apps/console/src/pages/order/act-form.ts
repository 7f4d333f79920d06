import type {
  Act,
  ActField,
  ActPreview,
  OrderPage,
  PossibleAct,
} from "@satsconnect/contracts/admin";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { fill, h } from "../../design/dom.ts";
import { admin } from "../../client/admin.ts";
import { session } from "../../client/session.ts";
import { words } from "../../i18n/words.ts";
import { actDetail } from "../../parts/acts.ts";
import { failureText, notice } from "../../parts/failure.ts";
import { wordsField } from "../../parts/fields.ts";
import type { Field } from "../../parts/fields.ts";
import { kes } from "../../parts/money.ts";
import { named } from "../../parts/named.ts";
import { go } from "../../parts/navigation.ts";
import { orderAddress, orderTitle, party } from "../../parts/orders.ts";
import type { Page, Place } from "../../parts/page.ts";
import { drawPostings } from "../../parts/postings.ts";
import { facts, part, says, slab, slabs } from "../../parts/rows.ts";
import { actField, readField } from "./act-fields.ts";

/** One act on one order: what it needs, what it will book, why, and then the one thing to press. */
export async function actFormPage({ parts }: Place): Promise<Result<Page>> {
  const orderId = parts[1] ?? "";
  const answer = await admin("getOrder", { params: { orderId } });
  if (!answer.ok) return answer;
  const page = answer.value;
  const possible = page.acts.find(({ type }) => type === parts[3]);
  if (possible === undefined) return err("act_not_possible", words().act.changed, "never");
  return ok({
    title: named(words().orders.acts, possible.type),
    back: orderAddress(orderId),
    testId: "act-form",
    body: drawForm(page, possible),
  });
}

function drawForm(page: OrderPage, possible: PossibleAct): readonly HTMLElement[] {
  const text = words().act;
  const problem = notice();
  const shown = h("div", { "data-testid": "act-form.preview", "aria-live": "polite" });
  const last = h("div", {});
  // Chosen once: pressing again, or repeating after a lost answer, is the same act.
  const actId = crypto.randomUUID();
  const reason = wordsField({
    name: text.reason,
    hint: text.reasonHint,
    max: 500,
    testId: "act-form.reason",
  });
  const fields = possible.fields.map(
    (field) =>
      [
        field,
        actField(field, () => {
          withdraw();
        }),
      ] as const,
  );

  /** The preview no longer matches the entered values, so it cannot be confirmed. */
  function withdraw(): void {
    fill(shown);
    fill(last, previewSlab());
  }

  function previewSlab(): HTMLElement {
    return slabs(
      slab({
        label: text.preview,
        icon: "books",
        tone: "ink",
        onclick: preview,
        testId: "act-form.see",
      }),
    );
  }

  async function preview(): Promise<void> {
    problem.clear();
    const act = readAct(possible.type, fields);
    if (!act.ok) {
      problem.show(act.error.message);
      return;
    }
    const answer = await admin("previewAct", {
      params: { orderId: page.order.id },
      body: { act: act.value },
    });
    if (!answer.ok) {
      problem.show(failureText(answer.error));
      return;
    }
    show(answer.value);
  }

  function show(previewed: ActPreview): void {
    fill(shown, drawPreview(previewed), reason.element);
    fill(
      last,
      slabs(
        slab({
          label: previewed.needsSecondPerson ? text.propose : text.doIt,
          second: named(words().orders.acts, possible.type),
          figure: kes(previewed.amountKesCents),
          icon: previewed.needsSecondPerson ? "people" : "check",
          tone: "go",
          onclick: () => propose(previewed.act),
          testId: "act-form.do",
        }),
      ),
    );
  }

  async function propose(act: Act): Promise<void> {
    problem.clear();
    if (reason.value().length < 3) {
      problem.show(`${text.reason}: ${text.required}`);
      reason.focus();
      return;
    }
    const proposed = await admin("proposeAct", {
      body: {
        id: actId,
        orderId: page.order.id,
        orderVersion: page.version,
        act,
        reason: reason.value(),
      },
    });
    if (proposed.ok) go(`#/act/${proposed.value.act.id}`);
    else problem.show(failureText(proposed.error));
  }

  if (possible.fields.length === 0 && possible.preview !== null) show(possible.preview);
  else withdraw();
  return [
    says(actDetail(possible)),
    says(`${orderTitle(page.order)} · ${party(page.order)}`, "soft"),
    fields.length === 0
      ? h("div", {})
      : h(
          "div",
          {},
          part(text.fields),
          fields.map(([, field]) => field.element),
        ),
    shown,
    problem.element,
    last,
  ];
}

function readAct(type: string, fields: readonly (readonly [ActField, Field])[]): Result<Act> {
  const act: Record<string, string> = {};
  for (const [field, entered] of fields) {
    const read = readField(field, entered.value());
    if (!read.ok) {
      entered.focus();
      return read;
    }
    if (read.value !== null) act[field.name] = read.value;
  }
  return ok({ type, ...act });
}

/** An act's effect, in words and as postings. */
function drawPreview(previewed: ActPreview): HTMLElement {
  const text = words().act;
  const { states } = words().orders;
  return h(
    "section",
    {},
    part(text.books),
    previewed.postings.length === 0 ? says(text.booksNothing) : drawPostings(previewed.postings),
    says(text.booksLater, "soft"),
    facts([[text.nextState, named(states, previewed.nextState)]]),
    says(
      previewed.needsSecondPerson
        ? `${text.needsSecond} ${text.limit(kes(session()?.fourEyesKesCents ?? "0"))}`
        : text.alone,
    ),
  );
}
