import {
  Pressable as Base,
  type PressableProps,
  type StyleProp,
  type ViewStyle,
} from "react-native";
import { useTheme } from "./theme.tsx";

type Props = Omit<PressableProps, "style"> & {
  readonly style?: StyleProp<ViewStyle>;
  /** What the background becomes while a thumb is on it. */
  readonly pressedColor?: string;
};

/** Everything that can be pressed: at least 48 high by its style, a visible focus ring, the look's pressed state. */
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
