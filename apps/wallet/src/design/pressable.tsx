import {
  Pressable as Base,
  type PressableProps,
  type StyleProp,
  type ViewStyle,
} from "react-native";
import { useTheme } from "./theme.tsx";

type Props = Omit<PressableProps, "style"> & {
  readonly style?: StyleProp<ViewStyle>;
  /** Background while pressed. */
  readonly pressedColor?: string;
};

/**
 * The base of every pressable element: it has the pressed state and a visible focus ring. Its style makes it at least
 * 48 dp high.
 */
export function Pressable({ style, pressedColor, ...rest }: Props) {
  const { color } = useTheme();
  return (
    <Base
      {...rest}
      style={({ pressed }) => [
        style,
        pressed ? { backgroundColor: pressedColor ?? color.hairline } : null,
      ]}
    />
  );
}
