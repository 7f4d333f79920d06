/** Browsers run the node in a Web Worker and need no hidden page. */
export function HiddenPageViews(): null {
  return null;
}
