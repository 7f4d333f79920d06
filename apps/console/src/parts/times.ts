import { h } from "../design/dom.ts";
import { moment, span, utc } from "../format/time.ts";
import { words } from "../i18n/words.ts";
import { now } from "../client/clock.ts";

/* Times in Kenya's time; UTC in the title, which appears under the pointer. */

function time(at: number, text: string): HTMLElement {
  return h("time", { datetime: new Date(at).toISOString(), title: utc(at) }, text);
}

/** A moment: the clock time, with the date when it is another day. */
export function at(moments: string): HTMLElement {
  const ms = Date.parse(moments);
  return time(ms, moment(ms, now(), words().time));
}

/** A moment for the margin: the date above the clock time when it is another day. */
export function atInMargin(moments: string): HTMLElement {
  const ms = Date.parse(moments);
  return time(ms, moment(ms, now(), words().time));
}

/** How long ago: `3 h`. */
export function age(moments: string): HTMLElement {
  const ms = Date.parse(moments);
  return time(ms, span(now() - ms, words().time));
}

/** A deadline: `14:36`; marked as late once it has passed. */
export function isPast(moments: string): boolean {
  return Date.parse(moments) < now();
}
