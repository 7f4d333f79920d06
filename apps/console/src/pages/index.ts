import type { Result } from "@satsconnect/money";
import type { Page, Place } from "../parts/page.ts";
import { actPage } from "./act.ts";
import { alarmsPage } from "./alarms.ts";
import { booksPages } from "./books/index.ts";
import { casesPage } from "./cases.ts";
import { enrolPage } from "./enrol.ts";
import { findPage } from "./find.ts";
import { incomePage } from "./income.ts";
import { logPage } from "./log.ts";
import { menuPage } from "./menu.ts";
import { operatorsPage } from "./operators.ts";
import { orderPage } from "./order/page.ts";
import { actFormPage } from "./order/act-form.ts";
import { switchesPage } from "./switches.ts";
import { waitingPage } from "./waiting.ts";

type Loader = (place: Place) => Promise<Result<Page>>;

/** Each page by the first part of its address. */
export const pages: Readonly<Record<string, Loader | undefined>> = {
  act: actPage,
  alarms: alarmsPage,
  books: booksPages,
  cases: casesPage,
  enrol: enrolPage,
  find: findPage,
  income: incomePage,
  log: logPage,
  menu: menuPage,
  operators: operatorsPage,
  order: (place) => (place.parts[2] === "act" ? actFormPage(place) : orderPage(place)),
  switches: switchesPage,
  waiting: waitingPage,
};
