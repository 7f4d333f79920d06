import type { ReactNode } from "react";
import { StyleSheet, View, type StyleProp, type ViewStyle } from "react-native";
import { size } from "./tokens.ts";
import { useTheme } from "./theme.tsx";
import { InMargin } from "./type.tsx";

type RowProps = {
  /** When, unit, sign, number or icon; never a sentence. */
  readonly margin?: ReactNode;
  readonly children?: ReactNode;
  /** Ends at the right edge. */
  readonly figure?: ReactNode;
  readonly align?: "baseline" | "center" | "flex-start";
  readonly style?: StyleProp<ViewStyle>;
};

/** One row of the book: margin, writing, figure. Everything else is made of these. */
export function Row({ margin, children, figure, align = "baseline", style }: RowProps) {
  const { grid, largeText } = useTheme();
  return (
    <View style={[styles.row, { alignItems: align, paddingRight: grid.edge }, style]}>
      <View style={{ width: grid.writing, paddingLeft: grid.gutterText }}>
        <InMargin.Provider value>{margin}</InMargin.Provider>
      </View>
      <View style={styles.writing}>
        {children}
        {figure !== undefined && largeText ? <View style={styles.under}>{figure}</View> : null}
      </View>
      {figure === undefined || largeText ? null : <View style={styles.figure}>{figure}</View>}
    </View>
  );
}

type RuleProps = { readonly kind?: "hairline" | "ink"; readonly fromLine?: boolean };

/** A rule across the page. A hairline one passes behind the line; an ink one means a total, or that thumbs are below. */
export function Rule({ kind = "hairline", fromLine = false }: RuleProps) {
  const { color, grid } = useTheme();
  if (kind === "ink")
    return (
      <View
        style={{
          height: size.line,
          marginLeft: fromLine ? grid.margin - 1 : 0,
          backgroundColor: color.ink,
        }}
      />
    );
  return (
    <View style={styles.hairline} aria-hidden>
      <View
        style={{
          width: grid.margin - 1,
          backgroundColor: fromLine ? "transparent" : color.hairline,
        }}
      />
      <View style={{ width: size.line }} />
      <View style={[styles.writing, { backgroundColor: color.hairline }]} />
    </View>
  );
}

/** The margin and the line behind what stands over slabs, where the page's own have ended. */
export function Ground() {
  const { color, grid } = useTheme();
  return (
    <>
      <View style={[styles.ground, { width: grid.margin - 1, backgroundColor: color.margin }]} />
      <View style={[styles.line, { left: grid.margin - 1, backgroundColor: color.ink }]} />
    </>
  );
}

const styles = StyleSheet.create({
  ground: { position: "absolute", top: 0, bottom: 0, left: 0 },
  line: { position: "absolute", top: 0, bottom: 0, width: size.line },
  row: { flexDirection: "row" },
  writing: { flex: 1, minWidth: 0 },
  under: { alignItems: "flex-start" },
  figure: { paddingLeft: 8, alignItems: "flex-end" },
  hairline: { height: size.hairline, flexDirection: "row" },
});
