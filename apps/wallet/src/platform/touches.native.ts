const listeners = new Set<() => void>();

/** Calls `onTouch` for every touch of the app. Returns the function that unsubscribes. */
export function followTouches(onTouch: () => void): () => void {
  listeners.add(onTouch);
  return () => {
    listeners.delete(onTouch);
  };
}

/** Reports a touch; called by the view around the whole app. */
export function touched(): void {
  for (const listener of listeners) listener();
}
