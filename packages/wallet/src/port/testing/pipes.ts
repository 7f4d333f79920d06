import type { Pipe } from "../link.ts";

/** Something that stands between two ends of a port. */
export type Between = {
  /** Sees each message before it is delivered: gives it on, another one, several, or none. */
  readonly pass?: (raw: unknown, to: "home" | "host") => readonly unknown[];
  /** Delivers later. */
  readonly later: (deliver: () => void) => void;
};

/** Two ends of a port in one process. */
export function pipePair(between: Between): { readonly host: Pipe; readonly home: Pipe } {
  const listeners: { home?: (raw: unknown) => void; host?: (raw: unknown) => void } = {};
  const end = (own: "home" | "host", other: "home" | "host"): Pipe => ({
    post: (raw) => {
      for (const passed of between.pass?.(raw, other) ?? [raw])
        between.later(() => listeners[other]?.(passed));
    },
    listen: (listener) => {
      listeners[own] = listener;
    },
    close: () => {
      delete listeners[own];
    },
  });
  return { host: end("host", "home"), home: end("home", "host") };
}
