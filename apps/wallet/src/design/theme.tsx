import { createContext, useContext, useMemo, type ReactNode } from "react";
import { useColorScheme, useWindowDimensions } from "react-native";
import { dark, gridFor, light, type Grid, type Palette } from "./tokens.ts";

type ThemeChoice = "system" | "light" | "dark";

export type Theme = {
  readonly mode: "light" | "dark";
  readonly color: Palette;
  readonly grid: Grid;
  /** Text scale, 1 to 2. */
  readonly textScale: number;
  /** True from a text scale of 1.3: second lines wrap and figures use a smaller step. */
  readonly largeText: boolean;
  readonly reducedMotion: boolean;
  /** Language of the text, which decides how long words are hyphenated. */
  readonly language: string;
  readonly width: number;
};

const ThemeContext = createContext<Theme | null>(null);

type ThemeProviderProps = {
  readonly choice: ThemeChoice;
  readonly textScale?: number;
  readonly reducedMotion?: boolean;
  readonly language?: string;
  readonly children: ReactNode;
};

/** Maximum width of a page in dp: on a tablet or desktop it keeps a phone's width. */
export const pageMaxWidth = 480;

export function ThemeProvider({
  choice,
  textScale,
  reducedMotion = false,
  language = "en",
  children,
}: ThemeProviderProps) {
  const system = useColorScheme();
  const window = useWindowDimensions();
  const mode = choice === "system" ? (system === "dark" ? "dark" : "light") : choice;
  const width = Math.min(window.width, pageMaxWidth);
  const scale = Math.min(2, Math.max(1, textScale ?? 1));
  const theme = useMemo<Theme>(
    () => ({
      mode,
      color: mode === "dark" ? dark : light,
      grid: gridFor(width),
      textScale: scale,
      largeText: scale >= 1.3,
      reducedMotion,
      language,
      width,
    }),
    [mode, width, scale, reducedMotion, language],
  );
  return <ThemeContext.Provider value={theme}>{children}</ThemeContext.Provider>;
}

export function useTheme(): Theme {
  const theme = useContext(ThemeContext);
  if (theme === null) throw new Error("useTheme is used outside ThemeProvider");
  return theme;
}
