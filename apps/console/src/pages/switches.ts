import type { AdminCallInput, adminRoutes, SwitchChange } from "@satsconnect/contracts/admin";
import { normalizeMsisdn } from "@satsconnect/contracts";
import type { RouteResponse } from "@satsconnect/contracts";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { h } from "../design/dom.ts";
import type { Child } from "../design/dom.ts";
import { admin } from "../client/admin.ts";
import { words } from "../i18n/words.ts";
import { failureText, notice } from "../parts/failure.ts";
import { choiceField, textField, wordsField } from "../parts/fields.ts";
import type { Field } from "../parts/fields.ts";
import { named } from "../parts/named.ts";
import { go, redraw } from "../parts/navigation.ts";
import { phone } from "../parts/orders.ts";
import type { Page } from "../parts/page.ts";
import { fold, list, part, row, says, slab, slabs } from "../parts/rows.ts";
import { atInMargin } from "../parts/times.ts";

type Kind = RouteResponse<typeof adminRoutes.listSwitches>["kinds"][number];
type Change = AdminCallInput<typeof adminRoutes.changeSwitch>["body"];

/** The switches: what is in force, what can be changed, and who changed what. */
export async function switchesPage(): Promise<Result<Page>> {
  const text = words().switches;
  const [switches, changes] = await Promise.all([
    admin("listSwitches"),
    admin("listSwitchChanges", { query: { limit: 50 } }),
  ]);
  if (!switches.ok) return switches;
  if (!changes.ok) return changes;
  const { inForce, kinds } = switches.value;
  return ok({
    title: text.title,
    testId: "switches",
    body: [
      part(text.inForce),
      inForce.length === 0 ? says(text.noneInForce, "soft") : inForce.map(drawInForce),
      part(text.all),
      says(text.effect, "soft"),
      kinds.map(drawKind),
      changes.value.changes.length === 0
        ? null
        : [part(text.changes), list(text.changes, changes.value.changes.map(changeRow))],
    ],
  });
}

function subjectText(subject: string): string {
  return /^254\d{9}$/u.test(subject) ? phone(subject) : subject;
}

function switchTitle({ name, subject }: SwitchChange): string {
  const title = named(words().switches.names, name);
  return subject === "" ? title : `${title}: ${subjectText(subject)}`;
}

function valueText(value: string | null): string {
  const text = words().switches;
  if (value === null) return text.configured;
  return value === "on" ? text.on : value;
}

function changeRow(change: SwitchChange): HTMLElement {
  return row({
    when: atInMargin(change.at),
    title: switchTitle(change),
    second: `${change.by} · ${change.reason}`,
    figure: valueText(change.value),
  });
}

function drawInForce(change: SwitchChange): HTMLElement {
  const text = words().switches;
  const { name, subject } = change;
  return fold(
    {
      when: atInMargin(change.at),
      title: `${switchTitle(change)}${change.value === "on" ? "" : `: ${valueText(change.value)}`}`,
      second: `${change.by} · ${change.reason}`,
    },
    changeForm({
      id: `clear.${name}.${subject}`,
      label: text.clear,
      change: () => ({ name, subject, value: null }),
      fields: [],
    }),
  );
}

function drawKind(kind: Kind): HTMLElement {
  const text = words().switches;
  const subject = subjectField(kind);
  const value =
    kind.value === null
      ? null
      : textField({
          name: text.value,
          hint: text.range(String(kind.value.min), String(kind.value.max)),
          max: 12,
          mode: "decimal",
          testId: `switch.${kind.name}.value`,
        });
  return fold(
    { title: h("span", { "data-testid": `switch.${kind.name}` }, named(text.names, kind.name)) },
    changeForm({
      id: `set.${kind.name}`,
      label: value === null ? text.stop : text.set,
      change: () => ({
        name: kind.name,
        subject: subjectOf(kind, subject?.value() ?? ""),
        value: value === null ? "on" : value.value().replaceAll(",", ""),
      }),
      fields: [subject, value].filter((field) => field !== null),
    }),
  );
}

function subjectField(kind: Kind): Field | null {
  const text = words().switches;
  if (kind.subject === "none") return null;
  const shared = { name: text.subjects[kind.subject], testId: `switch.${kind.name}.subject` };
  return kind.subject === "rail"
    ? choiceField({
        ...shared,
        choices: kind.subjects.map((one) => [one, one.replaceAll("_", " ")] as const),
      })
    : textField({ ...shared, max: 40 });
}

/** A phone number in any form that people write, as the server takes it; other subjects as they are. */
function subjectOf(kind: Kind, entered: string): string {
  const number = kind.subject === "phone" ? normalizeMsisdn(entered) : null;
  return number?.ok === true ? number.value : entered;
}

/** Why, and then the button. Each change asks for its reason. */
function changeForm(form: {
  readonly id: string;
  readonly label: string;
  readonly fields: readonly Field[];
  readonly change: () => Omit<Change, "id" | "reason">;
}): Child {
  const actId = crypto.randomUUID();
  const problem = notice();
  const reason = wordsField({ name: words().act.reason, max: 500, testId: `${form.id}.reason` });
  async function change(): Promise<void> {
    problem.clear();
    if (reason.value().length < 3) {
      problem.show(`${words().act.reason}: ${words().act.required}`);
      reason.focus();
      return;
    }
    const answer = await admin("changeSwitch", {
      body: { id: actId, ...form.change(), reason: reason.value() },
    });
    if (!answer.ok) return problem.show(failureText(answer.error));
    const { act } = answer.value;
    // A change that loosens the configuration waits for a second person.
    if (act.status === "executed") redraw();
    else go(`#/act/${act.id}`);
  }
  return [
    form.fields.map(({ element }) => element),
    reason.element,
    problem.element,
    slabs(
      slab({ label: form.label, tone: "ink", icon: "switches", onclick: change, testId: form.id }),
    ),
  ];
}
