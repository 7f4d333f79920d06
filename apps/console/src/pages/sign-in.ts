import { h } from "../design/dom.ts";
import { kanga } from "../design/kanga.ts";
import { admin } from "../client/admin.ts";
import { canUsePasskeys, signWithPasskey } from "../client/passkey.ts";
import { begin } from "../client/session.ts";
import type { PasskeyAssertion } from "@satsconnect/contracts/admin";
import { words } from "../i18n/words.ts";
import { failureText, notice } from "../parts/failure.ts";
import { changeLanguage } from "../parts/leave.ts";
import { redraw } from "../parts/navigation.ts";
import type { Page } from "../parts/page.ts";
import { says, slab, slabs } from "../parts/rows.ts";

/** Shown wherever no operator is signed in; the page that was asked for follows. */
export function signInPage(): Page {
  const text = words();
  const problem = notice();
  async function signIn(): Promise<void> {
    problem.clear();
    const begun = await admin("loginOptions");
    if (!begun.ok) return problem.show(failureText(begun.error));
    const signed = await signWithPasskey<PasskeyAssertion>(begun.value.options);
    if (!signed.ok) return problem.show(failureText(signed.error));
    const opened = await admin("login", { body: { assertion: signed.value } });
    if (!opened.ok) return problem.show(failureText(opened.error));
    begin(opened.value);
    redraw();
  }
  return {
    title: text.title,
    bare: true,
    testId: "sign-in",
    top: kanga(),
    body: [
      h("p", { class: "statement" }, text.signIn.title),
      says(canUsePasskeys() ? text.signIn.detail : text.signIn.notHere, "soft"),
      problem.element,
      slabs(
        slab({ label: text.otherLanguage, icon: "tongue", onclick: changeLanguage }),
        slab({
          label: text.signIn.slab,
          icon: "finger",
          tone: "go",
          disabled: !canUsePasskeys(),
          onclick: signIn,
          testId: "sign-in.slab",
        }),
      ),
    ],
  };
}
