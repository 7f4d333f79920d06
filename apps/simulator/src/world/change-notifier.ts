/** What pages watch: one phone, or everything. */
export type Topic = "control" | `handset:${string}`;

/** Tells open pages that something changed, never what: they fetch it again. Nothing durable hangs on it. */
export class ChangeNotifier {
  readonly #watchers = new Map<Topic, Set<(reason: string) => void>>();

  /** @returns a function that ends the watch. */
  watch(topic: Topic, watcher: (reason: string) => void): () => void {
    const watchers = this.#watchers.get(topic) ?? new Set();
    this.#watchers.set(topic, watchers);
    watchers.add(watcher);
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0) this.#watchers.delete(topic);
    };
  }

  /** `prompt` and `message` ring; every other reason only redraws. */
  notify(topic: Topic, reason: "prompt" | "message" | "change"): void {
    for (const watcher of this.#watchers.get(topic) ?? []) watcher(reason);
    if (topic !== "control") this.notify("control", "change");
  }
}
