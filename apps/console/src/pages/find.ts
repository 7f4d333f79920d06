import type { AdminCallInput, adminRoutes } from "@satsconnect/contracts/admin";
import { ok, parseFiatInput } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { fill, h } from "../design/dom.ts";
import { admin } from "../client/admin.ts";
import { words } from "../i18n/words.ts";
import { failureText, notice } from "../parts/failure.ts";
import { choiceField, textField, timeField } from "../parts/fields.ts";
import { go } from "../parts/navigation.ts";
import { orderAddress, orderRow } from "../parts/orders.ts";
import type { Page } from "../parts/page.ts";
import { list, part, says, slab, slabs } from "../parts/rows.ts";

type Search = AdminCallInput<typeof adminRoutes.findOrders>["body"];

const hour = 3_600_000;

/** The last search of this visit. It is in no address: phone numbers and names would stay in the browser's history. */
let last: {
  readonly text: string;
  readonly amount: string;
  readonly around: string;
  readonly hours: string;
} = {
  text: "",
  amount: "",
  around: "",
  hours: "6",
};

/** One field for everything, and the amount and time of “I paid and have nothing”. */
export async function findPage(): Promise<Result<Page>> {
  const text = words().find;
  const problem = notice();
  const results = h("div", { "aria-live": "polite", "data-testid": "find.results" });
  const field = textField({
    name: text.field,
    hint: text.hint,
    value: last.text,
    max: 4_000,
    mode: "search",
    testId: "find.text",
  });
  const amount = textField({
    name: text.amount,
    value: last.amount,
    max: 20,
    mode: "decimal",
    testId: "find.amount",
  });
  const around = timeField({ name: text.around, value: last.around, testId: "find.around" });
  const within = choiceField({
    name: text.within,
    value: last.hours,
    choices: [1, 6, 24, 72].map((hours) => [String(hours), text.withinHours(hours)] as const),
    testId: "find.within",
  });

  async function find(): Promise<void> {
    problem.clear();
    last = {
      text: field.value(),
      amount: amount.value(),
      around: around.value(),
      hours: within.value(),
    };
    const search = searchOf(last);
    if (!search.ok) return problem.show(search.error.message);
    const found = await admin("findOrders", { body: search.value });
    if (!found.ok) return problem.show(failureText(found.error));
    const { orders, searchedAs } = found.value;
    const [only] = orders;
    // A receipt or an id names one order: nothing has to be chosen.
    if (orders.length === 1 && only !== undefined && last.text !== "") {
      go(orderAddress(only.id));
      return;
    }
    fill(
      results,
      part(text.found(orders.length), "find.count"),
      orders.length === 0 ? says(text.notFoundDetail) : list(text.title, orders.map(orderRow)),
      searchedAs.length === 0
        ? null
        : says(text.searchedAs(searchedAs.map((key) => text.keys[key]).join(", ")), "soft"),
    );
    results.scrollIntoView({ block: "nearest" });
  }

  return ok({
    title: text.title,
    testId: "find",
    body: [
      h(
        "form",
        {
          onsubmit: (event) => {
            event.preventDefault();
            void find();
          },
        },
        field.element,
        part(text.paidAndNothing),
        h("div", { class: "pair" }, amount.element, around.element, within.element),
        problem.element,
        slabs(
          slab({ label: text.slab, icon: "search", tone: "go", submit: true, testId: "find.slab" }),
        ),
      ),
      results,
    ],
  });
}

function searchOf(entered: typeof last): Result<Search> {
  const text = words().find;
  const amount = entered.amount === "" ? null : parseFiatInput("KES", entered.amount);
  if (amount !== null && !amount.ok)
    return { ok: false, error: { ...amount.error, message: text.badAmount } };
  if (entered.text === "" && entered.around === "")
    return { ok: false, error: { code: "empty", message: text.nothing, retry: "never" } };
  const around = Date.parse(entered.around);
  const reach = Number(entered.hours) * hour;
  return ok({
    ...(entered.text === "" ? {} : { text: entered.text }),
    ...(amount === null ? {} : { amountKesCents: amount.value.toString() }),
    ...(Number.isNaN(around)
      ? {}
      : {
          from: new Date(around - reach).toISOString(),
          to: new Date(around + reach).toISOString(),
        }),
    limit: 50,
  });
}
