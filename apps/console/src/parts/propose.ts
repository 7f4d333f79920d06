import type { Child } from "../design/dom.ts";
import { h } from "../design/dom.ts";
import type { ActResult } from "@satsconnect/contracts/admin";
import type { Result } from "@satsconnect/money";
import { words } from "../i18n/words.ts";
import { failureText, notice } from "./failure.ts";
import { wordsField } from "./fields.ts";
import type { Field } from "./fields.ts";
import { go } from "./navigation.ts";
import { slab, slabs } from "./rows.ts";
import type { IconName } from "../design/icon.ts";

type Proposal<Entered> = {
  readonly fields?: readonly Field[];
  /** Reads the fields. A failure is shown as it is, and nothing is sent. */
  readonly read: () => Result<Entered>;
  /** The effect in words, shown before the button that causes it. */
  readonly says: (entered: Entered) => Child;
  readonly send: (id: string, entered: Entered, reason: string) => Promise<Result<ActResult>>;
  readonly label: string;
  readonly icon: IconName;
  readonly testId: string;
};

/**
 * A form in two steps: the first button shows what will be done, the second does it and opens the act. Changing a field
 * takes the second button away. The id is chosen once, so that pressing again is the same act.
 */
export function proposalForm<Entered>(
  make: (changed: () => void) => Proposal<Entered>,
): HTMLElement {
  const text = words().act;
  const actId = crypto.randomUUID();
  const problem = notice();
  const shown = h("div", { "aria-live": "polite" });
  const last = h("div", {});
  const proposal = make(withdraw);
  const { testId } = proposal;
  const reason = wordsField({
    name: text.reason,
    hint: text.reasonHint,
    max: 500,
    testId: `${testId}.reason`,
  });

  function withdraw(): void {
    shown.replaceChildren();
    last.replaceChildren(
      slabs(
        slab({
          label: text.check,
          icon: "books",
          tone: "ink",
          onclick: check,
          testId: `${testId}.check`,
        }),
      ),
    );
  }

  function check(): void {
    problem.clear();
    const entered = proposal.read();
    if (!entered.ok) {
      problem.show(entered.error.message);
      return;
    }
    shown.replaceChildren(
      h("div", { "data-testid": `${testId}.says` }, proposal.says(entered.value)),
      reason.element,
    );
    last.replaceChildren(
      slabs(
        slab({
          label: proposal.label,
          icon: proposal.icon,
          tone: "go",
          onclick: () => send(entered.value),
          testId: `${testId}.do`,
        }),
      ),
    );
    reason.focus();
  }

  async function send(entered: Entered): Promise<void> {
    problem.clear();
    if (reason.value().length < 3) {
      problem.show(`${text.reason}: ${text.required}`);
      reason.focus();
      return;
    }
    const answer = await proposal.send(actId, entered, reason.value());
    if (answer.ok) go(`#/act/${answer.value.act.id}`);
    else problem.show(failureText(answer.error));
  }

  withdraw();
  return h(
    "div",
    { "data-testid": testId },
    proposal.fields?.map(({ element }) => element),
    shown,
    problem.element,
    last,
  );
}
