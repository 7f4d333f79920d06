import { logEntryHash } from "@satsconnect/contracts/admin";
import type { LogEntry } from "@satsconnect/contracts/admin";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { h } from "../design/dom.ts";
import { admin } from "../client/admin.ts";
import { words } from "../i18n/words.ts";
import { named } from "../parts/named.ts";
import type { Page, Place } from "../parts/page.ts";
import { code, facts, fold, says, slab, slabs } from "../parts/rows.ts";
import { atInMargin } from "../parts/times.ts";

const perPage = 50;

/** The log of acts, newest first. Its chain of hashes is checked here, not only on the server. */
export async function logPage({ query }: Place): Promise<Result<Page>> {
  const text = words().log;
  const newest = await admin("readLog", { query: { newestFirst: "true", limit: 1 } });
  if (!newest.ok) return newest;
  const { last } = newest.value;
  const until = Math.min(last, Number(query.get("until") ?? last) || last);
  const answer = await admin("readLog", {
    query: { after: Math.max(0, until - perPage), limit: perPage },
  });
  if (!answer.ok) return answer;
  const entries = answer.value.entries.filter(({ number }) => number <= until);
  const broken = firstBroken(entries);
  const [first] = entries;
  return ok({
    title: text.title,
    testId: "log",
    body: [
      first === undefined
        ? says(text.none)
        : broken === null
          ? says(text.whole(first.number, entries.at(-1)?.number ?? first.number), "soft")
          : says(text.broken(broken), "stop"),
      entries.toReversed().map(drawEntry),
      says(""),
      slabs(
        first === undefined || first.number === 1
          ? null
          : slab({
              label: text.older,
              icon: "clock",
              href: `#/log?until=${String(first.number - 1)}`,
            }),
        until === last
          ? null
          : slab({ label: text.newest, icon: "log", tone: "ink", href: "#/log" }),
      ),
    ],
  });
}

/** Number of the first entry whose hash is not that of its content, or that does not follow the one before. */
export function firstBroken(entries: readonly LogEntry[]): number | null {
  for (const [index, entry] of entries.entries()) {
    const before = entries[index - 1];
    if (entry.hash !== logEntryHash(entry)) return entry.number;
    if (before === undefined) continue;
    if (entry.previousHash !== before.hash || entry.number !== before.number + 1)
      return entry.number;
  }
  return null;
}

function drawEntry(entry: LogEntry): HTMLElement {
  const text = words();
  const content = readBody(entry.body);
  const type = typeof content?.["type"] === "string" ? content["type"] : typeOf(content?.["act"]);
  const reason = content?.["reason"];
  return fold(
    {
      when: atInMargin(entry.at),
      title: [
        `${entry.operator?.name ?? text.log.system}: ${text.log.steps[entry.step]}`,
        type === null ? "" : ` · ${named(text.orders.acts, type)}`,
      ],
      second: `${String(entry.number)}${typeof reason === "string" ? ` · ${reason}` : ""}`,
    },
    facts([
      [text.log.hash, code(entry.hash)],
      [text.log.previous, code(entry.previousHash)],
      entry.signature === null ? null : [text.log.signature, code(entry.signature.signature)],
    ]),
    h("h3", { class: "second" }, text.log.body),
    h(
      "pre",
      { class: "code", tabindex: 0 },
      content === null ? entry.body : JSON.stringify(content, null, 2),
    ),
    entry.step === "signed_in" ? null : h("a", { href: `#/act/${entry.actId}` }, entry.actId),
  );
}

function typeOf(act: unknown): string | null {
  if (typeof act !== "object" || act === null || !("type" in act)) return null;
  return typeof act.type === "string" ? act.type : null;
}

function readBody(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const content: unknown = JSON.parse(body);
    return typeof content === "object" && content !== null
      ? (content as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}
