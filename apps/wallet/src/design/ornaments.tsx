import { useId, useState } from "react";
import { StyleSheet, View } from "react-native";
import Svg, { Defs, Path, Pattern, Rect } from "react-native-svg";
import { Rule } from "./row.tsx";
import { useTheme } from "./theme.tsx";
import { Type } from "./type.tsx";

const small = "M0 0h24v4H0zM0 8h24L12 20zM0 16l6 6-6 6zM24 16l-6 6 6 6zM0 30h24v4H0z";
const big =
  "M0 0h72v6H0zM0 14h72L36 50zM0 34l16 16L0 66zM72 34L56 50l16 16zM0 76h72v3H0zM0 85h24L12 97zM24 85h24L36 97zM48 85h24L60 97zM0 103h72v6H0z";
const tooth = "M0 0h24L12 12z";

type BandProps = {
  readonly drawing: string;
  readonly width: number;
  readonly height: number;
  readonly ink: string;
};

function Band({ drawing, width, height, ink }: BandProps) {
  const id = useId().replace(/[^a-zA-Z0-9]/gu, "");
  const [length, setLength] = useState(0);
  return (
    <View
      style={{ height, overflow: "hidden" }}
      aria-hidden
      onLayout={(event) => {
        setLength(event.nativeEvent.layout.width);
      }}
    >
      {length === 0 ? null : (
        <Svg width={length} height={height}>
          <Defs>
            <Pattern id={id} width={width} height={height} patternUnits="userSpaceOnUse">
              <Path d={drawing} fill={ink} />
            </Pattern>
          </Defs>
          <Rect width={length} height={height} fill={`url(#${id})`} />
        </Svg>
      )}
    </View>
  );
}

/** A kanga border (pindo) of teeth and diamonds, only on the lock screen and on a finished receipt. */
export function KangaBorder({ large = false }: { readonly large?: boolean }) {
  const { color } = useTheme();
  return (
    <View style={{ backgroundColor: color.page }}>
      {large ? (
        <Band drawing={big} width={72} height={109} ink={color.ink} />
      ) : (
        <Band drawing={small} width={24} height={34} ink={color.ink} />
      )}
    </View>
  );
}

/** The torn lower edge of a receipt, above the buttons. */
export function TornEdge() {
  const { color } = useTheme();
  return (
    <View style={{ backgroundColor: color.button }}>
      <Band drawing={tooth} width={24} height={12} ink={color.page} />
    </View>
  );
}

/** A kanga saying (jina) at the end of a finished receipt. */
export function KangaSaying({ children }: { readonly children: string }) {
  const { grid } = useTheme();
  return (
    <View accessibilityLanguage="sw">
      <Rule />
      <View style={[styles.saying, { paddingLeft: grid.writing, paddingRight: grid.edge }]}>
        <Type as="saying">{children}</Type>
      </View>
    </View>
  );
}

const styles = StyleSheet.create({ saying: { paddingVertical: 10 } });
