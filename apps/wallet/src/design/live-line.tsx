import { StyleSheet, View } from "react-native";
import { Pressable } from "./pressable.tsx";
import { Row } from "./row.tsx";
import { useTheme } from "./theme.tsx";
import { size } from "./tokens.ts";
import { Type } from "./type.tsx";

type LiveLineProps = {
  /** Remaining time as `1:42`, or the word for late. */
  readonly countdown: string;
  readonly title: string;
  readonly detail: string;
  /** The money path in short: the number of its places, how many of them the money has reached, and both ends. */
  readonly path?: {
    readonly placeCount: number;
    readonly reachedCount: number;
    readonly from: string;
    readonly to: string;
  };
  readonly figure?: string;
  readonly onPress?: () => void;
  readonly testID?: string;
};

/** A payment in progress on one yellow row: the time left, what to do, where the money is. */
export function LiveLine({
  countdown,
  title,
  detail,
  path,
  figure,
  onPress,
  testID,
}: LiveLineProps) {
  const { color, grid } = useTheme();
  const content = (
    <>
      <View style={[styles.line, { left: grid.margin - 1, backgroundColor: color.onNow }]} />
      <Row
        margin={
          <Type as="countdown" color="onNow">
            {countdown}
          </Type>
        }
        figure={
          figure === undefined ? undefined : (
            <Type as="amount" color="onNow">
              {figure}
            </Type>
          )
        }
      >
        <Type as="bodyStrong" color="onNow">
          {title}
        </Type>
        <Type as="second" color="onNow2">
          {detail}
        </Type>
        {path === undefined ? null : (
          <>
            <View style={styles.hops} aria-hidden>
              {Array.from({ length: path.placeCount }, (_, index) => (
                <View key={index} style={index === 0 ? styles.hop : styles.hopNext}>
                  {index === 0 ? null : <Dots color={color.onNow} />}
                  <View
                    style={[
                      styles.dot,
                      { borderColor: color.onNow },
                      index < path.reachedCount ? { backgroundColor: color.onNow } : null,
                    ]}
                  />
                </View>
              ))}
            </View>
            <View style={styles.ends}>
              <Type as="secondStrong" color="onNow">
                {path.from}
              </Type>
              <Type as="secondStrong" color="onNow" style={styles.to} align="right">
                {path.to}
              </Type>
            </View>
          </>
        )}
      </Row>
    </>
  );
  const style = [styles.live, { backgroundColor: color.now }];
  if (onPress === undefined)
    return (
      <View style={style} testID={testID} aria-live="polite">
        {content}
      </View>
    );
  return (
    <Pressable
      onPress={onPress}
      accessibilityRole="button"
      style={style}
      pressedColor={color.nowSpent}
      testID={testID}
    >
      {content}
    </Pressable>
  );
}

function Dots({ color }: { readonly color: string }) {
  return <View style={[styles.dots, { borderColor: color }]} />;
}

const styles = StyleSheet.create({
  live: { paddingVertical: 12, minHeight: size.tapMin },
  line: { position: "absolute", top: 0, bottom: 0, width: size.line },
  hops: { flexDirection: "row", alignItems: "center", marginTop: 8, marginBottom: 2 },
  hop: { flexDirection: "row", alignItems: "center" },
  hopNext: { flexDirection: "row", alignItems: "center", flex: 1 },
  dot: { width: 12, height: 12, borderRadius: 6, borderWidth: 2 },
  dots: { flex: 1, height: 0, borderTopWidth: 2, borderStyle: "dashed" },
  ends: { flexDirection: "row", flexWrap: "wrap", justifyContent: "space-between", columnGap: 8 },
  to: { flexShrink: 1, marginLeft: "auto" },
});
