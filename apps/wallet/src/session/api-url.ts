/**
 * The API of the operator that serves this page: from the page's `satsconnect-api` meta tag, else the page's own
 * origin.
 */
export function apiUrl(): string {
  const named = document.querySelector('meta[name="satsconnect-api"]')?.getAttribute("content");
  return named === null || named === undefined || named === "" ? location.origin : named;
}
