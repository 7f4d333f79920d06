/**
 * The fixed values of the design. Sizes are in dp for a window 360 wide, text sizes in sp. Colours are named by their
 * role.
 */
export type ColorRole =
  | "backdrop"
  | "page"
  | "margin"
  | "hairline"
  | "ink"
  | "ink2"
  | "now"
  | "nowSpent"
  | "onNow"
  | "onNow2"
  | "button"
  | "onButton"
  | "buttonHairline"
  | "stop";

export type Palette = Readonly<Record<ColorRole, string>>;

export const light: Palette = {
  backdrop: "#DED6C6",
  page: "#FFFFFF",
  margin: "#F3EDE1",
  hairline: "#D9D0BF",
  ink: "#1A1611",
  ink2: "#5B5245",
  now: "#FFC52E",
  nowSpent: "#FFE9AE",
  onNow: "#1A1611",
  onNow2: "#4B3D14",
  button: "#1A1611",
  onButton: "#FFFFFF",
  buttonHairline: "#4B4438",
  stop: "#A3231A",
};

export const dark: Palette = {
  backdrop: "#0A0806",
  page: "#14110D",
  margin: "#211C15",
  hairline: "#3B3529",
  ink: "#F7F2E8",
  ink2: "#B8AE9C",
  now: "#FFC52E",
  nowSpent: "#C79A2A",
  onNow: "#1A1611",
  onNow2: "#3A2F0E",
  button: "#2E281E",
  onButton: "#F7F2E8",
  buttonHairline: "#4F4736",
  stop: "#FF9C8E",
};

/** For QR codes in both themes: scanners expect dark on white. */
export const codeColors = { paper: "#FFFFFF", module: "#000000" } as const;

export const fonts = {
  text: "Barlow-Medium",
  textStrong: "Barlow-SemiBold",
  figure: "BarlowCondensed-SemiBold",
} as const;

export type TypeStyle = {
  readonly fontFamily: string;
  readonly fontSize: number;
  readonly lineHeight: number;
  readonly letterSpacing?: number;
  readonly textTransform?: "uppercase";
};

const figure = (fontSize: number, lineHeight: number, tracking = 0): TypeStyle => ({
  fontFamily: fonts.figure,
  fontSize,
  lineHeight,
  letterSpacing: tracking * fontSize,
});
const text = (fontSize: number, lineHeight: number): TypeStyle => ({
  fontFamily: fonts.text,
  fontSize,
  lineHeight,
});
const strong = (fontSize: number, lineHeight: number): TypeStyle => ({
  fontFamily: fonts.textStrong,
  fontSize,
  lineHeight,
});

export const type = {
  figureXL: figure(84, 80, -0.01),
  figureL: figure(64, 62, -0.01),
  figureM: figure(48, 50, -0.01),
  statement: figure(34, 36),
  key: figure(30, 62),
  payee: figure(27, 32),
  total: figure(26, 28),
  title: figure(24, 28, 0.005),
  buttonFigure: figure(24, 24),
  word: figure(23, 34, 0.02),
  amount: figure(22, 24),
  countdown: figure(20, 22),
  unit: figure(20, 24),
  unitSmall: figure(17, 24),
  saying: { ...figure(18, 24, 0.06), textTransform: "uppercase" },
  action: strong(20, 24),
  place: strong(19, 22),
  sats: text(19, 26),
  body: text(17, 24),
  bodyStrong: strong(17, 24),
  value: text(16, 22),
  second: text(15, 20),
  secondStrong: strong(15, 20),
  smallest: text(14, 14),
  time: text(14, 22),
} as const satisfies Record<string, TypeStyle>;

export type TypeName = keyof typeof type;

export const size = {
  tapMin: 48,
  header: 56,
  button: 68,
  holdButton: 92,
  key: 62,
  chip: 52,
  entryRow: 62,
  settingsRow: 55,
  step: 72,
  stepSpacious: 84,
  line: 2,
  hairline: 1,
} as const;

export type Grid = {
  /** Where the margin ends; the ink line is drawn just before. */
  readonly margin: number;
  /** Where the content starts. */
  readonly writing: number;
  readonly edge: number;
  readonly gutterText: number;
  readonly gutterIcon: number;
};

/** The columns for a window width; narrower below 340. */
export function gridFor(width: number): Grid {
  return width < 340
    ? { margin: 60, writing: 76, edge: 14, gutterText: 12, gutterIcon: 12 }
    : { margin: 68, writing: 88, edge: 16, gutterText: 16, gutterIcon: 14 };
}

/** Height of one tooth on a path. */
export const toothHeight = 11;

export const motion = {
  press: 80,
  turn: 180,
  step: 320,
  teeth: 1200,
  hold: 900,
  holdRelease: 160,
  receipt: 400,
} as const;
