/** Sets the document's language, in which a screen reader reads the page. */
export function setPageLanguage(language: string): void {
  document.documentElement.lang = language;
}
