/** On the web the page's style sheet loads the fonts. */
export function useAppFonts(): boolean {
  return true;
}
