/** Screen readers on phones use the phone's own language. */
export function setPageLanguage(_language: string): void {}
