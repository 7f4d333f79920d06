import { useEffect, useRef, useState, type ReactNode } from "react";
import { AccessibilityInfo, Platform, StyleSheet, Text, View } from "react-native";
import { Icon, type IconName } from "./icon.tsx";
import { Pressable } from "./pressable.tsx";
import { MarginAndLine, Rule } from "./row.tsx";
import { useTheme } from "./theme.tsx";
import { fonts, motion, size, type ColorRole } from "./tokens.ts";
import { Type } from "./type.tsx";

type ButtonKind = "go" | "ink" | "plain";

type ButtonProps = {
  readonly icon: IconName;
  readonly label: string;
  readonly figure?: string;
  readonly kind?: ButtonKind;
  readonly onPress: () => void;
  /** Disabled; the note above gives the reason. */
  readonly off?: boolean;
  /** Busy: motionless teeth replace the icon, the label stays. */
  readonly busy?: boolean;
  readonly testID?: string;
};

const colors: Readonly<
  Record<ButtonKind, { readonly back: ColorRole; readonly front: ColorRole }>
> = {
  go: { back: "now", front: "onNow" },
  ink: { back: "button", front: "onButton" },
  plain: { back: "page", front: "ink" },
};

/** A full-width button in the lower half of a page. At most one per page is yellow (`go`). */
export function Button({
  icon,
  label,
  figure,
  kind = "ink",
  onPress,
  off = false,
  busy = false,
  testID,
}: ButtonProps) {
  const { color } = useTheme();
  const { back, front }: { back: ColorRole; front: ColorRole } = off
    ? { back: "margin", front: "ink2" }
    : colors[kind];
  return (
    <View>
      {kind === "plain" ? <Rule kind="ink" /> : null}
      <Pressable
        onPress={onPress}
        disabled={off || busy}
        accessibilityRole="button"
        aria-busy={busy}
        pressedColor={
          kind === "go" ? color.nowSpent : kind === "ink" ? color.buttonHairline : color.hairline
        }
        style={[styles.button, { backgroundColor: color[back] }]}
        testID={testID}
      >
        <ButtonContent icon={icon} label={label} figure={figure} front={front} busy={busy} />
      </Pressable>
    </View>
  );
}

type ButtonContentProps = {
  readonly icon: IconName;
  readonly label: string;
  readonly figure?: string | undefined;
  readonly front: ColorRole;
  readonly busy?: boolean;
};

function ButtonContent({ icon, label, figure, front, busy = false }: ButtonContentProps) {
  const { grid, color } = useTheme();
  return (
    <>
      <View style={{ width: grid.writing, paddingLeft: grid.gutterIcon }}>
        {busy ? <BusyTeeth color={color[front]} /> : <Icon name={icon} color={front} />}
      </View>
      <Type as="action" color={front} style={styles.label}>
        {label}
      </Type>
      {figure === undefined ? null : (
        <Type as="buttonFigure" color={front} style={{ paddingRight: grid.edge }}>
          {figure}
        </Type>
      )}
    </>
  );
}

function BusyTeeth({ color }: { readonly color: string }) {
  return (
    <View style={styles.teeth} aria-hidden>
      {[0, 1, 2].map((tooth) => (
        <View key={tooth} style={[styles.tooth, { borderLeftColor: color }]} />
      ))}
    </View>
  );
}

type CountdownButtonProps = Omit<ButtonProps, "kind" | "figure"> & {
  /** Remaining share of the time, 0 to 1. */
  readonly left: number;
  readonly countdown: string;
  /** Label after the time has run out. */
  readonly endedLabel: string;
  readonly onEnded: () => void;
};

/**
 * A yellow button whose fill shrinks as a quote's time passes. After the quote has expired, the button offers a new
 * price.
 */
export function CountdownButton({
  left,
  countdown,
  endedLabel,
  onEnded,
  ...button
}: CountdownButtonProps) {
  const { color } = useTheme();
  if (button.off === true && left > 0) return <Button {...button} />;
  if (left <= 0)
    return (
      <Button
        icon="clock"
        label={endedLabel}
        kind="plain"
        onPress={onEnded}
        testID={button.testID}
      />
    );
  return (
    <Pressable
      onPress={button.onPress}
      disabled={button.off === true || button.busy === true}
      accessibilityRole="button"
      aria-busy={button.busy === true}
      pressedColor={color.nowSpent}
      style={[styles.button, { backgroundColor: color.nowSpent }]}
      testID={button.testID}
    >
      <Filled share={left} />
      <ButtonContent
        icon={button.icon}
        label={button.label}
        figure={countdown}
        front="onNow"
        busy={button.busy === true}
      />
    </Pressable>
  );
}

function Filled({ share, edge = true }: { readonly share: number; readonly edge?: boolean }) {
  const { color } = useTheme();
  return (
    <View
      style={[
        styles.filled,
        { width: `${Math.round(share * 1000) / 10}%`, backgroundColor: color.now },
      ]}
      aria-hidden
    >
      {edge ? <View style={[styles.edge, { backgroundColor: color.onNow }]} /> : null}
    </View>
  );
}

type HoldToConfirmButtonProps = {
  readonly icon: IconName;
  readonly figure?: string;
  readonly labels: {
    readonly rest: string;
    readonly holding: string;
    readonly confirm: string;
    readonly tap: string;
  };
  readonly onConfirm: () => void;
  readonly off?: boolean;
  readonly busy?: boolean;
  readonly testID?: string;
};

/**
 * A button to hold: it fills in 900 ms and empties when released. With a screen reader, reduced motion or a keyboard it
 * takes two presses instead: one to arm it, one to confirm.
 */
export function HoldToConfirmButton({
  icon,
  figure,
  labels,
  onConfirm,
  off = false,
  busy = false,
  testID,
}: HoldToConfirmButtonProps) {
  const { color, reducedMotion } = useTheme();
  const [share, setShare] = useState(0);
  const [holding, setHolding] = useState(false);
  const [armed, setArmed] = useState(false);
  const [reader, setReader] = useState(false);
  const frame = useRef<number | null>(null);
  const done = useRef(false);
  const held = useRef(false);

  useEffect(() => {
    let isMounted = true;
    const readSetting = async () => {
      const enabled = await AccessibilityInfo.isScreenReaderEnabled();
      if (isMounted) setReader(enabled);
    };
    // Browsers do not report whether a screen reader is used. There, a press without a preceding press-in comes from
    // a screen reader or the keyboard.
    if (Platform.OS !== "web") void readSetting();
    return () => {
      isMounted = false;
      if (frame.current !== null) cancelAnimationFrame(frame.current);
    };
  }, []);

  // The confirmed action has ended: the button can be held again.
  useEffect(() => {
    if (busy) return;
    done.current = false;
    setShare(0);
    setArmed(false);
  }, [busy]);

  const twoTaps = reader || reducedMotion;

  function run(direction: 1 | -1, from: number) {
    if (frame.current !== null) cancelAnimationFrame(frame.current);
    const startedAt = performance.now();
    const duration = direction === 1 ? motion.hold : motion.holdRelease;
    const step = () => {
      const moved = (performance.now() - startedAt) / duration;
      const next = Math.min(1, Math.max(0, from + direction * moved));
      setShare(next);
      if (direction === 1 && next >= 1) {
        if (!done.current) {
          done.current = true;
          setHolding(false);
          onConfirm();
        }
        return;
      }
      if (direction === -1 && next <= 0) return;
      frame.current = requestAnimationFrame(step);
    };
    frame.current = requestAnimationFrame(step);
  }

  return (
    <Pressable
      disabled={off || busy}
      accessibilityRole="button"
      aria-busy={busy}
      pressedColor={color.nowSpent}
      onPressIn={() => {
        held.current = true;
        if (twoTaps) return;
        done.current = false;
        setHolding(true);
        run(1, 0);
      }}
      onPressOut={() => {
        if (twoTaps || done.current) return;
        setHolding(false);
        run(-1, share);
      }}
      onPress={() => {
        const byThumb = held.current;
        held.current = false;
        if (byThumb && !twoTaps) return;
        if (armed) onConfirm();
        else setArmed(true);
      }}
      style={[
        styles.hold,
        { backgroundColor: off ? color.margin : share > 0 ? color.nowSpent : color.now },
      ]}
      testID={testID}
    >
      {share > 0 ? <Filled share={share} edge={false} /> : null}
      <ButtonContent
        icon={icon}
        label={
          twoTaps || armed
            ? armed
              ? labels.confirm
              : labels.tap
            : holding
              ? labels.holding
              : labels.rest
        }
        figure={figure}
        front={off ? "ink2" : "onNow"}
        busy={busy}
      />
    </Pressable>
  );
}

type GridAction = {
  readonly icon: IconName;
  readonly label: string;
  readonly onPress: () => void;
  readonly testID?: string;
};

/** From this text scale on, two labels do not fit side by side. */
const oneColumnFrom = 1.6;

/** Two or four actions of equal weight, never yellow. */
export function ButtonGrid({ actions }: { readonly actions: readonly GridAction[] }) {
  const { color, grid, textScale } = useTheme();
  const rows: GridAction[][] = [];
  const beside = textScale < oneColumnFrom ? 2 : 1;
  for (let index = 0; index < actions.length; index += beside)
    rows.push(actions.slice(index, index + beside));
  return (
    <View style={{ backgroundColor: color.button }}>
      {rows.map((row, rowIndex) => (
        <View
          key={row[0]?.label}
          style={[
            styles.gridRow,
            rowIndex > 0 ? { borderTopWidth: 1, borderTopColor: color.buttonHairline } : null,
          ]}
        >
          {row.map((action, index) => (
            <Pressable
              key={action.label}
              onPress={action.onPress}
              accessibilityRole="button"
              pressedColor={color.buttonHairline}
              testID={action.testID}
              style={[
                styles.gridCell,
                index === 0
                  ? { paddingLeft: grid.gutterIcon, gap: grid.writing - grid.gutterIcon - 24 }
                  : {
                      paddingLeft: 18,
                      gap: 16,
                      borderLeftWidth: 1,
                      borderLeftColor: color.buttonHairline,
                    },
              ]}
            >
              <Icon name={action.icon} color="onButton" />
              <Type as="action" color="onButton" style={styles.label}>
                {action.label}
              </Type>
            </Pressable>
          ))}
        </View>
      ))}
    </View>
  );
}

type NoteProps = {
  readonly children: ReactNode;
  readonly rule?: boolean;
  readonly color?: ColorRole;
};

/** A sentence about the action below it or the path above it. Clock times in it are emphasised. */
export function Note({ children, rule = true, color = "ink" }: NoteProps) {
  const { grid } = useTheme();
  return (
    <View>
      {/* Notes also stand in the foot, where the page's own margin and line have ended. */}
      <MarginAndLine />
      {rule ? <Rule /> : null}
      <View style={{ paddingVertical: 14, paddingLeft: grid.writing, paddingRight: grid.edge }}>
        <Type as="second" color={color}>
          {typeof children === "string" ? withStrongTimes(children) : children}
        </Type>
      </View>
    </View>
  );
}

const clockTime = /(\b\d{2}:\d{2}(?::\d{2})?\b)/u;

/** Emphasises clock times: in a note they are the deadline. */
function withStrongTimes(text: string): ReactNode {
  const parts = text.split(clockTime);
  if (parts.length === 1) return text;
  return parts.map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <Text key={String(index)} style={{ fontFamily: fonts.textStrong }}>
        {part}
      </Text>
    ),
  );
}

const styles = StyleSheet.create({
  button: {
    minHeight: size.button,
    flexDirection: "row",
    alignItems: "center",
    paddingVertical: 12,
    overflow: "hidden",
  },
  hold: {
    minHeight: size.holdButton,
    flexDirection: "row",
    alignItems: "center",
    paddingVertical: 12,
    overflow: "hidden",
  },
  label: { flex: 1, paddingRight: 8 },
  filled: { position: "absolute", left: 0, top: 0, bottom: 0 },
  edge: { position: "absolute", right: 0, top: 0, bottom: 0, width: 2 },
  teeth: { flexDirection: "row", height: 24, alignItems: "center" },
  tooth: {
    width: 0,
    height: 0,
    borderLeftWidth: 7,
    borderTopWidth: 5,
    borderBottomWidth: 5,
    borderTopColor: "transparent",
    borderBottomColor: "transparent",
    marginRight: 2,
  },
  gridRow: { flexDirection: "row" },
  gridCell: { flex: 1, minHeight: size.button, flexDirection: "row", alignItems: "center" },
});
