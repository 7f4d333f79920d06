import type { Result } from "@satsconnect/money";
import type { Page, Place } from "../../parts/page.ts";
import { bookPage, bookingPage } from "./book.ts";
import { bookCasesPage } from "./cases.ts";
import { closedDaysPage, dayPage } from "./days.ts";
import { linesPage } from "./lines.ts";
import { booksPage } from "./state.ts";
import { uploadPage } from "./upload.ts";

const pages: Readonly<Record<string, ((place: Place) => Promise<Result<Page>>) | undefined>> = {
  book: (place) => (place.parts[2] === undefined ? bookPage() : bookingPage(place)),
  cases: bookCasesPage,
  day: dayPage,
  days: closedDaysPage,
  lines: linesPage,
  upload: uploadPage,
};

/** The pages of the books: `#/books`, and those below it. */
export function booksPages(place: Place): Promise<Result<Page>> {
  return (pages[place.parts[1] ?? ""] ?? booksPage)(place);
}
