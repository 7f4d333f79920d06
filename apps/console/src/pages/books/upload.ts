import { maxStatementLength } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { fill, h } from "../../design/dom.ts";
import { admin } from "../../client/admin.ts";
import { words } from "../../i18n/words.ts";
import { failureText, notice } from "../../parts/failure.ts";
import { choiceField, fileField, textField } from "../../parts/fields.ts";
import type { Page } from "../../parts/page.ts";
import { facts, part, row, says, slab, slabs } from "../../parts/rows.ts";

/** Imports the CSV of M-Pesa's organisation portal. Importing the same file again adds nothing. */
export async function uploadPage(): Promise<Result<Page>> {
  const text = words().books;
  const problem = notice();
  const result = h("div", { "aria-live": "polite", "data-testid": "upload.result" });
  const shortcode = textField({
    name: text.shortcode,
    hint: text.shortcodeHint,
    max: 7,
    mode: "decimal",
    testId: "upload.shortcode",
  });
  const account = choiceField({
    name: text.account,
    choices: (["utility", "working", "charges"] as const).map(
      (one) => [one, text.accounts[one]] as const,
    ),
    testId: "upload.account",
  });
  const file = fileField({
    name: text.file,
    hint: text.fileHint,
    accept: ".csv,text/csv",
    testId: "upload.file",
  });

  async function upload(): Promise<void> {
    problem.clear();
    fill(result);
    const chosen = file.file();
    if (chosen === null) return problem.show(`${text.file}: ${words().act.required}`);
    const content = await chosen.text();
    if (content.length > maxStatementLength) return problem.show(text.fileTooLarge);
    const answer = await admin("importStatement", {
      body: { shortcode: shortcode.value(), account: account.value() as "utility", file: content },
    });
    if (!answer.ok) return problem.show(failureText(answer.error));
    const { lines, added, skipped, gaps, contradictions } = answer.value;
    fill(
      result,
      part(text.imported),
      facts([
        [text.importedLines, String(lines)],
        [text.importedNew, String(added)],
        [text.importedSkipped, String(skipped)],
      ]),
      gaps === 0 ? null : says(text.importedGaps(gaps), "stop"),
      contradictions.length === 0
        ? null
        : says(text.importedContradictions(contradictions.join(", ")), "stop"),
      row({ title: text.lines, href: "#/books/lines", testId: "upload.lines" }),
      row({ title: text.lineStates.unmatched, href: "#/books/lines?state=unmatched" }),
    );
  }

  return ok({
    title: text.upload,
    back: "#/books",
    testId: "books-upload",
    body: [
      says(text.uploadDetail, "soft"),
      shortcode.element,
      account.element,
      file.element,
      problem.element,
      slabs(
        slab({
          label: text.uploadSlab,
          icon: "share",
          tone: "go",
          onclick: upload,
          testId: "upload.slab",
        }),
      ),
      result,
    ],
  });
}
