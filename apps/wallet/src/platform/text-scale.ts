import { useState } from "react";

/** What a browser's page is set in where nobody asked for more. */
const usualSize = 16;

/** How much larger than usual this person reads: by the text size that the browser was set to. */
export function useTextScale(): number {
  const [scale] = useState(
    () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / usualSize,
  );
  return Number.isFinite(scale) ? scale : 1;
}
