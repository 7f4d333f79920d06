const kinds = ["pointerdown", "pointermove", "pointerup", "keydown", "wheel", "scroll"] as const;

/**
 * Calls `onTouch` for every touch, key and scroll event of the page, before other listeners. Returns the function that
 * unsubscribes.
 */
export function followTouches(onTouch: () => void): () => void {
  const options = { capture: true, passive: true };
  for (const kind of kinds) globalThis.addEventListener(kind, onTouch, options);
  return () => {
    for (const kind of kinds) globalThis.removeEventListener(kind, onTouch, options);
  };
}
