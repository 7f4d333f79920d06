import type { Pipe } from "../link.ts";

/** Intercepts messages between the two ends of a port. */
export type Interception = {
  /** Called for each message; returns the messages to deliver instead: the same, others, several or none. */
  readonly pass?: (raw: unknown, to: "worker" | "host") => readonly unknown[];
  /** Schedules the delivery. */
  readonly schedule: (deliver: () => void) => void;
};

/** The two ends of a port in one process. */
export function pipePair(interception: Interception): {
  readonly host: Pipe;
  readonly worker: Pipe;
} {
  const listeners: { worker?: (raw: unknown) => void; host?: (raw: unknown) => void } = {};
  const end = (own: "worker" | "host", other: "worker" | "host"): Pipe => ({
    post: (raw) => {
      for (const passed of interception.pass?.(raw, other) ?? [raw])
        interception.schedule(() => listeners[other]?.(passed));
    },
    listen: (listener) => {
      listeners[own] = listener;
    },
    close: () => {
      delete listeners[own];
    },
  });
  return { host: end("host", "worker"), worker: end("worker", "host") };
}
