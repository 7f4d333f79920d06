const kinds = ["pointerdown", "pointermove", "pointerup", "keydown", "wheel", "scroll"] as const;

/** Hears of every touch and key of this page, before anything else does. Returns how to end that. */
export function followTouches(onTouch: () => void): () => void {
  const options = { capture: true, passive: true };
  for (const kind of kinds) globalThis.addEventListener(kind, onTouch, options);
  return () => {
    for (const kind of kinds) globalThis.removeEventListener(kind, onTouch, options);
  };
}
