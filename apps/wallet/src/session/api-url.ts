/**
 * The API of the operator that serves this page: from the page's `satsconnect-api` meta tag, else the page's own
 * origin.
 */
export function apiUrl(): string {
  const named = metaTag("satsconnect-api");
  return named === "" ? location.origin : named;
}

/** Esplora servers of others than the operator, from the page's `satsconnect-esplora` meta tag. */
export function esploraUrls(): readonly string[] {
  return metaTag("satsconnect-esplora")
    .split(",")
    .filter((url) => url !== "");
}

function metaTag(name: string): string {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";
}
