/** A screen reader speaks the page in the language that it is told. */
export function setPageLanguage(language: string): void {
  document.documentElement.lang = language;
}
