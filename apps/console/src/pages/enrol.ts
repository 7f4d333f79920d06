import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { PasskeyRegistration } from "@satsconnect/contracts/admin";
import { h } from "../design/dom.ts";
import { kanga } from "../design/kanga.ts";
import { admin } from "../client/admin.ts";
import { canUsePasskeys, createPasskey } from "../client/passkey.ts";
import { begin } from "../client/session.ts";
import { words } from "../i18n/words.ts";
import { failureText, notice } from "../parts/failure.ts";
import { textField } from "../parts/fields.ts";
import { redraw } from "../parts/navigation.ts";
import type { Page, Place } from "../parts/page.ts";
import { says, slab, slabs } from "../parts/rows.ts";
import { at } from "../parts/times.ts";

/** Opened with a one-time link, `#/enrol/<token>`: the part after # never reaches a server's log. */
export async function enrolPage({ parts }: Place): Promise<Result<Page>> {
  const text = words().enrol;
  const token = parts[1] ?? "";
  const begun = await admin("enrolmentOptions", { body: { token } });
  if (!begun.ok) return begun;
  const { operator, expiresAt, options } = begun.value;
  const problem = notice();
  const label = textField({
    name: text.label,
    hint: text.labelHint,
    testId: "enrol.label",
    max: 60,
  });
  async function create(): Promise<void> {
    problem.clear();
    if (label.value().trim() === "") {
      problem.show(words().act.required);
      label.focus();
      return;
    }
    const made = await createPasskey<PasskeyRegistration>(options);
    if (!made.ok) return problem.show(failureText(made.error));
    const enrolled = await admin("enrol", {
      body: { token, registration: made.value, label: label.value() },
    });
    if (!enrolled.ok) return problem.show(failureText(enrolled.error));
    begin(enrolled.value);
    // The link was used up; it does not stay in the browser's history.
    history.replaceState(null, "", "#/cases");
    redraw();
  }
  return ok({
    title: text.title,
    bare: true,
    testId: "enrol",
    top: kanga(),
    body: [
      h("p", { class: "statement" }, operator.name),
      says(canUsePasskeys() ? text.detail(operator.name) : words().signIn.notHere),
      says([`${text.until} `, at(expiresAt)], "soft"),
      label.element,
      problem.element,
      slabs(
        slab({
          label: text.slab,
          icon: "finger",
          tone: "go",
          disabled: !canUsePasskeys(),
          onclick: create,
          testId: "enrol.slab",
        }),
      ),
    ],
  });
}
