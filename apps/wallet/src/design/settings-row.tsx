import { StyleSheet, View } from "react-native";
import { Icon, type IconName } from "./icon.tsx";
import { Pressable } from "./pressable.tsx";
import { Rule } from "./row.tsx";
import { useTheme } from "./theme.tsx";
import { size } from "./tokens.ts";
import { InMargin, Type } from "./type.tsx";

type SettingsRowProps = {
  readonly icon?: IconName;
  /** Shown in the margin instead of an icon, where rows are numbered. */
  readonly number?: number;
  readonly label: string;
  readonly detail?: string;
  readonly value?: string;
  readonly done?: boolean;
  readonly on?: boolean;
  /** Whether this option is the chosen one. Absent: the row is not an option. */
  readonly chosen?: boolean;
  /** Whether the content below the row is open. Absent: the row has no such content. */
  readonly expanded?: boolean;
  /** The row asks the person to act. */
  readonly needsAction?: boolean;
  /** Absent: the row is not pressable. */
  readonly onPress?: () => void;
  readonly testID?: string;
};

/** A settings row: opens a page, shows a value, is a switch or option, or asks the person to act. */
export function SettingsRow(props: SettingsRowProps) {
  const { color, grid, largeText } = useTheme();
  const now = props.needsAction === true;
  const isSwitch = props.on !== undefined;
  const role = isSwitch ? "switch" : props.chosen === undefined ? "button" : "radio";
  return (
    <View>
      <Rule />
      <Pressable
        onPress={props.onPress}
        disabled={props.onPress === undefined}
        {...(props.onPress === undefined ? {} : { role })}
        aria-checked={props.on ?? props.chosen}
        aria-expanded={props.expanded}
        style={[
          styles.row,
          { paddingRight: grid.edge, backgroundColor: now ? color.now : "transparent" },
        ]}
        testID={props.testID}
      >
        {now ? (
          <View style={[styles.line, { left: grid.margin - 1, backgroundColor: color.onNow }]} />
        ) : null}
        <View style={{ width: grid.writing, paddingLeft: grid.gutterIcon }}>
          {props.icon === undefined ? null : (
            <Icon name={props.icon} color={now ? "onNow" : "ink"} />
          )}
          {props.number === undefined ? null : (
            <InMargin.Provider value>
              <Type as="second" color="ink2" style={styles.number}>
                {String(props.number)}
              </Type>
            </InMargin.Provider>
          )}
        </View>
        <View style={styles.words}>
          <Type as="body" color={now ? "onNow" : "ink"}>
            {props.label}
          </Type>
          {props.detail === undefined ? null : (
            <Type as="second" color={now ? "onNow2" : "ink2"}>
              {props.detail}
            </Type>
          )}
          {props.value === undefined || !largeText ? null : (
            <Type as="value" color={now ? "onNow2" : "ink2"}>
              {props.value}
            </Type>
          )}
        </View>
        {props.value === undefined || largeText ? null : (
          <Type as="value" color={now ? "onNow2" : "ink2"} style={styles.value} align="right">
            {props.value}
          </Type>
        )}
        {props.done === true || props.chosen === true ? <Icon name="check" /> : null}
        {isSwitch ? <Switch on={props.on} /> : null}
      </Pressable>
    </View>
  );
}

/** A switch. Off is a ring, on is solid, so that it can be read without colour. */
function Switch({ on }: { readonly on: boolean }) {
  const { color } = useTheme();
  return (
    <View
      style={[
        styles.track,
        { borderColor: color.ink, backgroundColor: on ? color.ink : "transparent" },
      ]}
      aria-hidden
    >
      <View
        style={[
          styles.knob,
          on
            ? { right: 3, backgroundColor: color.page, borderColor: color.page }
            : { left: 3, borderColor: color.ink },
        ]}
      />
    </View>
  );
}

/** A heading between rows. */
export function Section({ children }: { readonly children: string }) {
  const { grid } = useTheme();
  return (
    <View style={[styles.section, { paddingLeft: grid.writing, paddingRight: grid.edge }]}>
      <Type as="secondStrong" color="ink2" role="heading" aria-level={2}>
        {children}
      </Type>
    </View>
  );
}

const styles = StyleSheet.create({
  row: {
    minHeight: size.settingsRow,
    flexDirection: "row",
    alignItems: "center",
    paddingVertical: 6,
  },
  line: { position: "absolute", top: 0, bottom: 0, width: size.line },
  words: { flex: 1, minWidth: 0 },
  value: { paddingLeft: 8, maxWidth: "50%" },
  number: { paddingLeft: 2 },
  track: { width: 48, height: 28, borderWidth: 2, borderRadius: 14 },
  knob: { position: "absolute", top: 3, width: 18, height: 18, borderRadius: 9, borderWidth: 2 },
  section: { paddingTop: 12, paddingBottom: 5 },
});
