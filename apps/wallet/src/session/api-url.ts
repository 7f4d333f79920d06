/** The API of the operator whose page this is: the server says it beside the app. */
export function apiUrl(): string {
  const named = document.querySelector('meta[name="satsconnect-api"]')?.getAttribute("content");
  return named === null || named === undefined || named === "" ? location.origin : named;
}
