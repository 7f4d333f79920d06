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

/** `key@url` of a watchtower that is not the operator's, from the page's `satsconnect-watchtower` meta tag. */
export function watchtower(): string | undefined {
  const named = metaTag("satsconnect-watchtower");
  return named === "" ? undefined : named;
}

function metaTag(name: string): string {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";
}
