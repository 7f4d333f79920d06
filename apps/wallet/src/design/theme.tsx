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
  /** At 1.3 and above, second lines wrap and figures step down. */
  readonly largeText: boolean;
  readonly reducedMotion: boolean;
  /** What is written on the page: long words are parted by its rules. */
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

/** The widest a page gets: on a tablet or a desk it stays a phone's page. */
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
