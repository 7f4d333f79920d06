import { useMemo } from "react";
import { StyleSheet, View } from "react-native";
import Svg, { Path } from "react-native-svg";
import { qrModules } from "./qr-modules.ts";
import { codeColors } from "./tokens.ts";
import { useTheme } from "./theme.tsx";

type QrCodeProps = { readonly text: string; readonly label: string };

/** A QR code, dark on white in both themes, as wide as the content, with a quiet zone of 16 dp. */
export function QrCode({ text, label }: QrCodeProps) {
  const { color, grid } = useTheme();
  const { drawing, modules } = useMemo(() => {
    // the padding is the quiet zone
    const matrix = qrModules(text);
    let path = "";
    matrix.forEach((row, y) => {
      let from = -1;
      row.forEach((on, x) => {
        if (on && from < 0) from = x;
        const ends = from >= 0 && (!on || x === row.length - 1);
        if (!ends) return;
        const to = on ? x + 1 : x;
        path += `M${String(from)} ${String(y)}h${String(to - from)}v1h-${String(to - from)}z`;
        from = -1;
      });
    });
    return { drawing: path, modules: matrix.length };
  }, [text]);
  return (
    <View
      style={[
        styles.paper,
        {
          marginLeft: grid.margin + 1,
          borderColor: color.hairline,
          backgroundColor: codeColors.paper,
        },
      ]}
    >
      <View role="img" aria-label={label} style={styles.code}>
        <Svg width="100%" height="100%" viewBox={`0 0 ${String(modules)} ${String(modules)}`}>
          <Path d={drawing} fill={codeColors.module} />
        </Svg>
      </View>
    </View>
  );
}

const styles = StyleSheet.create({
  paper: { padding: 16, paddingLeft: 19, borderTopWidth: 1, borderBottomWidth: 1 },
  code: { width: "100%", maxWidth: 320, aspectRatio: 1 },
});
