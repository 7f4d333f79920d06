/** Browsers have workers: there is nothing to show. */
export function HiddenPageViews(): null {
  return null;
}
