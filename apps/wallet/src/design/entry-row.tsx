import { StyleSheet, View } from "react-native";
import { Pressable } from "./pressable.tsx";
import { Row, Rule } from "./row.tsx";
import { useTheme } from "./theme.tsx";
import { size } from "./tokens.ts";
import { Type } from "./type.tsx";

type EntryRowProps = {
  readonly time: string;
  readonly title: string;
  readonly detail?: string;
  /** With its sign: `+650`, `−120`; without one for a returned payment. */
  readonly amount: string;
  readonly secondaryAmount?: string;
  /** Returned or cancelled: drawn in grey. */
  readonly muted?: boolean;
  readonly onPress?: () => void;
  readonly testID?: string;
};

/** One entry of the history. */
export function EntryRow(props: EntryRowProps) {
  const { largeText, grid } = useTheme();
  const amount = (
    <View style={largeText ? { paddingLeft: grid.writing } : styles.amounts}>
      <Type
        as="amount"
        color={props.muted === true ? "ink2" : "ink"}
        align={largeText ? "left" : "right"}
      >
        {props.amount}
      </Type>
      {props.secondaryAmount === undefined ? null : (
        <Type as="second" color="ink2" align={largeText ? "left" : "right"}>
          {props.secondaryAmount}
        </Type>
      )}
    </View>
  );
  const content = (
    <>
      <Row
        margin={
          <Type as="second" color="ink2">
            {props.time}
          </Type>
        }
        figure={largeText ? undefined : amount}
        style={styles.row}
      >
        <Type as="body" numberOfLines={largeText ? 3 : 2}>
          {props.title}
        </Type>
        {props.detail === undefined ? null : (
          <Type as="second" color="ink2" numberOfLines={largeText ? 3 : 1}>
            {props.detail}
          </Type>
        )}
      </Row>
      {largeText ? amount : null}
    </>
  );
  return (
    <View testID={props.testID}>
      <Rule />
      {props.onPress === undefined ? (
        <View style={styles.line}>{content}</View>
      ) : (
        <Pressable onPress={props.onPress} accessibilityRole="button" style={styles.line}>
          {content}
        </Pressable>
      )}
    </View>
  );
}

type DayHeadingProps = { readonly day: string; readonly net?: string };

/** The heading of a day, with the day's net amount. */
export function Day({ day, net }: DayHeadingProps) {
  return (
    <Row
      style={styles.day}
      figure={
        net === undefined ? undefined : (
          <Type as="unitSmall" color="ink2">
            {net}
          </Type>
        )
      }
    >
      <Type as="secondStrong" role="heading" aria-level={2}>
        {day}
      </Type>
    </Row>
  );
}

const styles = StyleSheet.create({
  line: { minHeight: size.entryRow, paddingVertical: 9 },
  row: { minHeight: 32 },
  amounts: { alignItems: "flex-end" },
  day: { paddingTop: 12, paddingBottom: 6, minHeight: 38 },
});
