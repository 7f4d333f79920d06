/** Phones speak each app in the phone's own language. */
export function setPageLanguage(_language: string): void {}
