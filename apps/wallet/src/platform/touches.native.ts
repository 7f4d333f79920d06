const listeners = new Set<() => void>();

/** Hears of every touch of the app. Returns how to end that. */
export function followTouches(onTouch: () => void): () => void {
  listeners.add(onTouch);
  return () => {
    listeners.delete(onTouch);
  };
}

/** Tells them of one: called by the view around the whole app. */
export function touched(): void {
  for (const listener of listeners) listener();
}
