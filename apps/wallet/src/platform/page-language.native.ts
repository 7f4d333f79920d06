/** Phones speak each app in the phone's own language. */
export function tellLanguage(_language: string): void {}
