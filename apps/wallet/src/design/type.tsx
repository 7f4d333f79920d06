import type { ReactNode } from "react";
import { Text, type StyleProp, type TextProps, type TextStyle } from "react-native";
import { type as scale, type ColorRole, type TypeName } from "./tokens.ts";
import { useTheme } from "./theme.tsx";

type TypeProps = Omit<TextProps, "style"> & {
  readonly as: TypeName;
  readonly color?: ColorRole;
  readonly align?: "left" | "right" | "center";
  readonly style?: StyleProp<TextStyle>;
  readonly children: ReactNode;
};

/** Figures line up under each other everywhere. */
const tabular: TextStyle = { fontVariant: ["tabular-nums", "lining-nums"] };

/** All text of the app, in one of the look's styles and colours. */
export function Type({ as, color = "ink", align, style, children, ...rest }: TypeProps) {
  const theme = useTheme();
  const base = scale[as];
  return (
    <Text
      {...rest}
      allowFontScaling={false}
      style={[
        base,
        tabular,
        { color: theme.color[color] },
        theme.textScale === 1
          ? null
          : {
              fontSize: base.fontSize * theme.textScale,
              lineHeight: base.lineHeight * theme.textScale,
            },
        align === undefined ? null : { textAlign: align },
        style,
      ]}
    >
      {children}
    </Text>
  );
}
