import { parseNairobiTime } from "@satsconnect/money";
import { h } from "../design/dom.ts";
import type { Child } from "../design/dom.ts";
import { isoDate, clock } from "../format/time.ts";

/** One field of a form. */
export type Field = {
  readonly element: HTMLElement;
  readonly value: () => string;
  readonly focus: () => void;
};

type FieldProps = {
  readonly name: Child;
  readonly hint?: Child;
  readonly value?: string;
  readonly testId: string;
  readonly oninput?: () => unknown;
};

let fields = 0;

function labelled(
  { name, hint }: FieldProps,
  control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement,
): Field {
  fields += 1;
  control.id = `field-${String(fields)}`;
  const hintId = `${control.id}-hint`;
  if (hint !== undefined) control.setAttribute("aria-describedby", hintId);
  return {
    element: h(
      "div",
      { class: "field" },
      h(
        "div",
        {},
        h("label", { class: "name", for: control.id }, name),
        control,
        hint === undefined ? null : h("span", { class: "hint", id: hintId }, hint),
      ),
    ),
    value: () => control.value.trim(),
    focus: () => {
      control.focus();
    },
  };
}

/** A line of text. Nothing is corrected or remembered: these are names, numbers and receipts. */
export function textField(
  props: FieldProps & { readonly max: number; readonly mode?: "text" | "decimal" | "search" },
): Field {
  return labelled(
    props,
    h("input", {
      type: props.mode === "search" ? "search" : "text",
      inputmode: props.mode ?? "text",
      maxlength: props.max,
      value: props.value,
      autocomplete: "off",
      autocapitalize: "off",
      autocorrect: "off",
      spellcheck: "false",
      oninput: props.oninput,
      "data-testid": props.testId,
    }),
  );
}

/** Several lines of text. */
export function wordsField(props: FieldProps & { readonly max: number }): Field {
  const control = h("textarea", {
    maxlength: props.max,
    rows: 3,
    oninput: props.oninput,
    "data-testid": props.testId,
  });
  control.value = props.value ?? "";
  return labelled(props, control);
}

/** One of a few values. */
export function choiceField(
  props: FieldProps & { readonly choices: readonly (readonly [value: string, name: string])[] },
): Field {
  const control = h(
    "select",
    { onchange: props.oninput, "data-testid": props.testId },
    props.choices.map(([value, name]) => h("option", { value }, name)),
  );
  if (props.value !== undefined) control.value = props.value;
  return labelled(props, control);
}

/** A date and time in Kenya. `value` is RFC 3339 in UTC, or empty. */
export function timeField(props: FieldProps): Field {
  const proposed = props.value === undefined ? Number.NaN : Date.parse(props.value);
  const field = labelled(
    props,
    h("input", {
      type: "datetime-local",
      value: Number.isNaN(proposed) ? null : `${isoDate(proposed)}T${clock(proposed)}`,
      oninput: props.oninput,
      "data-testid": props.testId,
    }),
  );
  return {
    ...field,
    value: () => {
      const at = field.value() === "" ? Number.NaN : parseNairobiTime(field.value());
      return Number.isNaN(at) ? "" : new Date(at).toISOString();
    },
  };
}

/** A file, read as text. */
export function fileField(props: FieldProps & { readonly accept: string }): {
  readonly element: HTMLElement;
  readonly file: () => File | null;
} {
  const control = h("input", {
    type: "file",
    accept: props.accept,
    onchange: props.oninput,
    "data-testid": props.testId,
  });
  return { element: labelled(props, control).element, file: () => control.files?.[0] ?? null };
}

/** A date: `2026-11-21`. */
export function textDateField(props: FieldProps): Field {
  return labelled(
    props,
    h("input", { type: "date", value: props.value, "data-testid": props.testId }),
  );
}
