import { useState } from "react";
import { StyleSheet, TextInput, View } from "react-native";
import { Rule } from "../../design/row.tsx";
import { useTheme } from "../../design/theme.tsx";
import { fonts, size } from "../../design/tokens.ts";
import { Type } from "../../design/type.tsx";

type FieldProps = {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly hint?: string;
  readonly keyboard?: "phone" | "text" | "search";
  readonly maxLength?: number;
  readonly lines?: number;
  readonly onSubmit?: () => void;
  readonly autoFocus?: boolean;
  readonly testID: string;
};

const lineHeight = 26;

/** A text field: the label above, a rule below, which is an ink rule while the field has focus. */
export function Field(props: FieldProps) {
  const { color, grid, textScale } = useTheme();
  const [focused, setFocused] = useState(false);
  const lines = props.lines ?? 1;
  return (
    <View>
      <View style={{ paddingLeft: grid.writing, paddingRight: grid.edge, paddingTop: 10 }}>
        <Type as="second" color="ink2">
          {props.label}
        </Type>
        <TextInput
          value={props.value}
          onChangeText={props.onChange}
          placeholder={props.hint}
          placeholderTextColor={color.ink2}
          accessibilityLabel={props.label}
          autoCapitalize="none"
          autoCorrect={false}
          autoComplete={props.keyboard === "phone" ? "tel" : "off"}
          inputMode={
            props.keyboard === "phone" ? "tel" : props.keyboard === "search" ? "search" : "text"
          }
          maxLength={props.maxLength}
          multiline={lines > 1}
          numberOfLines={lines}
          autoFocus={props.autoFocus}
          onSubmitEditing={props.onSubmit}
          onFocus={() => {
            setFocused(true);
          }}
          onBlur={() => {
            setFocused(false);
          }}
          allowFontScaling={false}
          testID={props.testID}
          style={[
            styles.input,
            {
              color: color.ink,
              // A hint must not look like typed text.
              fontFamily: props.value === "" ? fonts.text : fonts.textStrong,
              fontSize: 19 * textScale,
              lineHeight: lineHeight * textScale,
              minHeight: Math.max(size.tapMin, lineHeight * textScale * lines + 16),
            },
          ]}
        />
      </View>
      {focused ? (
        <Rule kind="ink" fromLine />
      ) : (
        <View style={[styles.rule, { marginLeft: grid.margin - 1 }]}>
          <View style={{ height: size.hairline, backgroundColor: color.ink2 }} />
        </View>
      )}
    </View>
  );
}

const styles = StyleSheet.create({
  // As high as the ink rule, so that content below does not move.
  rule: { height: size.line, justifyContent: "flex-end" },
  input: {
    paddingVertical: 8,
    textAlignVertical: "top",
    outlineStyle: "solid",
    outlineWidth: 0,
  },
});
