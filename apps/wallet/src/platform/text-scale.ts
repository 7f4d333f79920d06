import { useState } from "react";

/** The default font size of browsers, in CSS pixels. */
const defaultSize = 16;

/** The text scale from the browser's font size; 1 is the default. */
export function useTextScale(): number {
  const [scale] = useState(
    () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / defaultSize,
  );
  return Number.isFinite(scale) ? scale : 1;
}
