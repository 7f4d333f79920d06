import { setImmediate as drain } from "node:timers/promises";

type Task = { readonly at: number; readonly order: number; readonly run: () => void };

/**
 * Virtual time. Everything in the simulation waits through it, and time advances only when nothing else can run. The same
 * calls in the same order run in the same sequence.
 */
export type Scheduler = {
  readonly now: () => number;
  readonly at: (time: number, run: () => void) => void;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Runs until no task is left, `until` is reached, or `check` returns true. Returns the number of steps. */
  readonly run: (until: number, check: () => boolean) => Promise<number>;
};

/** @param isBusy whether something runs outside of virtual time, such as a query of a real database: time waits for it. */
export function createScheduler(startAt: number, isBusy: () => boolean = () => false): Scheduler {
  const heap: Task[] = [];
  let now = startAt;
  let order = 0;

  function at(time: number, run: () => void): void {
    order += 1;
    push(heap, { at: Math.max(time, now), order, run });
  }

  return {
    now: () => now,
    at,
    sleep: (milliseconds) => new Promise((resolve) => at(now + milliseconds, resolve)),
    run: async (until, check) => {
      let steps = 0;
      for (let task = pop(heap); task !== undefined; task = pop(heap)) {
        if (task.at > until) {
          push(heap, task);
          break;
        }
        now = task.at;
        task.run();
        // Let all code that awaited this task continue until it waits again.
        do await drain();
        while (isBusy());
        steps += 1;
        if (check()) break;
      }
      return steps;
    },
  };
}

function isBefore(left: Task, right: Task): boolean {
  return left.at === right.at ? left.order < right.order : left.at < right.at;
}

function push(heap: Task[], task: Task): void {
  let index = heap.length;
  heap.push(task);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isBefore(task, above)) break;
    heap[index] = above;
    heap[parent] = task;
    index = parent;
  }
}

function pop(heap: Task[]): Task | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    const left = heap[child];
    const right = heap[child + 1];
    if (left === undefined) break;
    if (right !== undefined && isBefore(right, left)) child += 1;
    const smaller = heap[child];
    if (smaller === undefined || !isBefore(smaller, last)) break;
    heap[index] = smaller;
    heap[child] = last;
    index = child;
  }
  heap[index] = last;
  return first;
}
