/** A page watches one phone (`handset:…`) or everything (`control`). */
export type Topic = "control" | `handset:${string}`;

/** Notifies open pages that something changed; they fetch the new state themselves. Best effort, in memory. */
export class ChangeNotifier {
  readonly #watchers = new Map<Topic, Set<(reason: string) => void>>();

  /** @returns a function that stops watching. */
  watch(topic: Topic, watcher: (reason: string) => void): () => void {
    const watchers = this.#watchers.get(topic) ?? new Set();
    this.#watchers.set(topic, watchers);
    watchers.add(watcher);
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0) this.#watchers.delete(topic);
    };
  }

  /** Phones vibrate for `prompt` and `message`; `change` only redraws. Every notification also notifies `control`. */
  notify(topic: Topic, reason: "prompt" | "message" | "change"): void {
    for (const watcher of this.#watchers.get(topic) ?? []) watcher(reason);
    if (topic !== "control") this.notify("control", "change");
  }
}
