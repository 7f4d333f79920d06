import type { ActResult, Operator } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { fill, h } from "../design/dom.ts";
import { admin } from "../client/admin.ts";
import { words } from "../i18n/words.ts";
import { failureText, notice } from "../parts/failure.ts";
import { textField, wordsField } from "../parts/fields.ts";
import { go } from "../parts/navigation.ts";
import type { Page } from "../parts/page.ts";
import { drawEnrolment } from "../parts/enrolment.ts";
import { code, facts, fold, part, says, slab, slabs } from "../parts/rows.ts";
import { at } from "../parts/times.ts";
import { icon } from "../design/icon.ts";

/** The operators, their passkeys, and the two acts on them. */
export async function operatorsPage(): Promise<Result<Page>> {
  const text = words().operators;
  const answer = await admin("listOperators");
  if (!answer.ok) return answer;
  return ok({
    title: text.title,
    testId: "operators",
    body: [
      answer.value.operators.map(drawOperator),
      part(text.add),
      says(text.addDetail, "soft"),
      changeForm("addOperator", null),
    ],
  });
}

function drawOperator(operator: Operator): HTMLElement {
  const text = words().operators;
  const status =
    operator.disabledAt !== null
      ? text.disabled
      : operator.passkeys.length === 0
        ? text.noPasskey
        : text.passkeys(operator.passkeys.length);
  return fold(
    {
      when: icon("people"),
      title: operator.name,
      second: [
        status,
        operator.enrolmentExpiresAt === null
          ? ""
          : [` · ${text.linkUntil} `, at(operator.enrolmentExpiresAt)],
      ],
    },
    operator.passkeys.map((passkey) =>
      facts([
        [passkey.label, passkey.backedUp ? text.synced : ""],
        [text.fingerprint, code(passkey.fingerprint)],
        [text.lastUsed, passkey.lastUsedAt === null ? "–" : at(passkey.lastUsedAt)],
      ]),
    ),
    operator.disabledAt === null
      ? [
          h("p", { class: "strong" }, text.disable),
          h("p", { class: "second" }, text.disableDetail),
          changeForm("disableOperator", operator.name),
        ]
      : null,
  );
}

/** Asks for a reason and makes the change. With a passkey it waits for a second operator. */
function changeForm(id: "addOperator" | "disableOperator", known: string | null): HTMLElement {
  const text = words();
  const problem = notice();
  const done = h("div", { "aria-live": "polite" });
  const actId = crypto.randomUUID();
  const name = textField({
    name: text.operators.name,
    hint: text.operators.nameHint,
    max: 40,
    testId: `${id}.name`,
  });
  const reason = wordsField({ name: text.act.reason, max: 500, testId: `${id}.reason` });
  async function change(): Promise<void> {
    problem.clear();
    const answer = await admin(id, {
      body: { id: actId, name: known ?? name.value(), reason: reason.value() },
    });
    if (!answer.ok) return problem.show(failureText(answer.error));
    finish(answer.value);
  }
  function finish({ act, enrolment }: ActResult): void {
    if (enrolment === null) {
      go(`#/act/${act.id}`);
      return;
    }
    fill(done, drawEnrolment(enrolment));
  }
  return h(
    "div",
    {},
    known === null ? name.element : null,
    reason.element,
    problem.element,
    done,
    slabs(
      slab({
        label: id === "addOperator" ? text.operators.addSlab : text.operators.disable,
        icon: id === "addOperator" ? "share" : "close",
        tone: "ink",
        onclick: change,
        testId: `${id}.slab`,
      }),
    ),
  );
}
