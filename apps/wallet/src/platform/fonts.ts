/** On the web the page's own style sheet brings the fonts. */
export function useAppFonts(): boolean {
  return true;
}
