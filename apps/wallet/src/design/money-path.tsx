import { StyleSheet, View, type ViewStyle } from "react-native";
import Svg, { Path } from "react-native-svg";
import { Icon } from "./icon.tsx";
import { Row } from "./row.tsx";
import { SlidingTeeth } from "./sliding-teeth";
import { useTheme } from "./theme.tsx";
import { size, toothHeight, type ColorRole } from "./tokens.ts";
import { Type } from "./type.tsx";

/** State of a step, shown by shape first, then text, then colour. */
export type StepState = "done" | "waits" | "moving" | "late" | "next" | "refused" | "arrived";

export type Step = {
  readonly key: string;
  readonly state: StepState;
  /** The time it happened, a countdown, or the clock time of its deadline. */
  readonly time: string;
  /** The word above a deadline: `by`, `hadi`. */
  readonly by?: string;
  readonly place: string;
  readonly detail: string;
};

type MoneyPathProps = {
  readonly steps: readonly Step[];
  readonly spacious?: boolean;
  readonly summary: string;
};

/** The path of one payment: places in order of time, drawn on the ink line itself. */
export function MoneyPath({ steps, spacious = false, summary }: MoneyPathProps) {
  return (
    <View role="list" aria-label={summary} aria-live="polite">
      {steps.map((step, index) => (
        <PathStep
          key={step.key}
          step={step}
          previous={steps[index - 1]?.state}
          last={index === steps.length - 1}
          minHeight={spacious ? size.stepSpacious : size.step}
        />
      ))}
    </View>
  );
}

type PathStepProps = {
  readonly step: Step;
  readonly previous: StepState | undefined;
  readonly last: boolean;
  readonly minHeight: number;
};

const nodeCentre = 25;
const wideMargin = 68;

function isLive(state: StepState): boolean {
  return state === "waits" || state === "moving" || state === "late";
}

function PathStep({ step, previous, last, minHeight }: PathStepProps) {
  const { color, grid } = useTheme();
  const live = isLive(step.state);
  const radius = nodeSize[step.state] / 2;
  const ink: ColorRole = live ? "onNow" : "ink";
  return (
    <View
      role="listitem"
      style={[styles.step, { minHeight, backgroundColor: live ? color.now : "transparent" }]}
    >
      {live ? null : <MarginBackground />}
      {previous === undefined ? null : (
        <Leg from={previous} ink={ink} at={{ top: 0, height: nodeCentre - radius }} />
      )}
      {last ? null : (
        <Leg from={step.state} ink={ink} at={{ top: nodeCentre + radius, bottom: 0 }} />
      )}
      <Node state={step.state} />
      <Row
        align="flex-start"
        margin={
          live ? (
            // A narrow margin has less space beside the large node of the current step.
            <Type as={grid.margin < wideMargin ? "unitSmall" : "countdown"} color="onNow">
              {step.time}
            </Type>
          ) : (
            <>
              {step.by === undefined ? null : (
                <Type as="smallest" color="ink2">
                  {step.by}
                </Type>
              )}
              <Type as="time" color="ink2">
                {step.time}
              </Type>
            </>
          )
        }
      >
        <Type as="place" color={live ? "onNow" : "ink"}>
          {step.place}
        </Type>
        <Type as="second" color={live ? "onNow2" : "ink2"} style={styles.detail}>
          {step.detail}
        </Type>
      </Row>
    </View>
  );
}

/** Paints over the page's ink line, which the path replaces, so that a dotted leg appears dotted. */
function MarginBackground() {
  const { color, grid } = useTheme();
  return (
    <View style={styles.ground} aria-hidden>
      <View style={{ width: grid.margin, backgroundColor: color.margin }} />
      <View style={[styles.fill, { backgroundColor: color.page }]} />
    </View>
  );
}

type LegProps = {
  /** State of the step that the leg leads away from. */
  readonly from: StepState;
  readonly ink: ColorRole;
  readonly at: ViewStyle;
};

/**
 * Half of the connection between two nodes: the half below a node or the half above the next one, in the colour of
 * the row that it crosses.
 */
function Leg({ from, ink, at }: LegProps) {
  const { color, grid } = useTheme();
  const legStyle = [styles.leg, { left: grid.margin }, at];
  switch (from) {
    case "waits":
    case "moving":
    case "late":
      return (
        <View style={[legStyle, styles.teeth]}>
          <Teeth
            kind={from === "waits" ? "hollow" : "solid"}
            moving={from === "moving"}
            ink={ink}
          />
        </View>
      );
    case "next":
      return (
        <View style={[legStyle, styles.dotted]}>
          {Array.from({ length: 40 }, (_, dot) => (
            <View key={dot} style={[styles.dot, { backgroundColor: color.ink2 }]} />
          ))}
        </View>
      );
    case "refused":
      return <View style={[legStyle, styles.back, { borderColor: color[ink] }]} />;
    default:
      return <View style={[legStyle, styles.solid, { backgroundColor: color[ink] }]} />;
  }
}

type TeethProps = {
  readonly kind: "hollow" | "solid";
  readonly moving: boolean;
  readonly ink: ColorRole;
};

function Teeth({ kind, moving, ink }: TeethProps) {
  const { color, reducedMotion } = useTheme();
  const count = 24;
  return (
    <View aria-hidden>
      <SlidingTeeth moving={moving && !reducedMotion}>
        <Svg
          width={14}
          height={toothHeight * count}
          viewBox={`0 0 14 ${String(toothHeight * count)}`}
        >
          {Array.from({ length: count }, (_, tooth) =>
            kind === "solid" ? (
              <Path
                key={tooth}
                d={`M0 ${String(tooth * toothHeight + 1)}h14l-7 9z`}
                fill={color[ink]}
              />
            ) : (
              <Path
                key={tooth}
                d={`M1.7 ${String(tooth * toothHeight + 1.5)}h10.6L7 ${String(tooth * toothHeight + 8.7)}z`}
                fill="none"
                stroke={color[ink]}
                strokeWidth={1.5}
              />
            ),
          )}
        </Svg>
      </SlidingTeeth>
    </View>
  );
}

const nodeSize: Readonly<Record<StepState, number>> = {
  done: 16,
  waits: 26,
  moving: 26,
  late: 26,
  next: 16,
  refused: 20,
  arrived: 24,
};

function Node({ state }: { readonly state: StepState }) {
  const { color, grid } = useTheme();
  const at = (box: number) => ({
    left: grid.margin - box / 2,
    top: nodeCentre - box / 2,
    width: box,
    height: box,
  });
  switch (state) {
    case "done":
      return (
        <View style={[styles.node, at(16), { backgroundColor: color.ink, borderRadius: 8 }]} />
      );
    case "waits":
    case "moving":
    case "late":
      return (
        <View
          style={[
            styles.node,
            at(26),
            {
              backgroundColor: color.now,
              borderRadius: 13,
              borderWidth: 3,
              borderColor: color.onNow,
            },
          ]}
        >
          <Svg width={20} height={20} viewBox="0 0 20 20">
            <Path d="M4 6h12l-6 9z" fill={color.onNow} />
          </Svg>
        </View>
      );
    case "next":
      return (
        <View
          style={[
            styles.node,
            at(16),
            {
              backgroundColor: color.page,
              borderRadius: 8,
              borderWidth: 2,
              borderColor: color.ink2,
            },
          ]}
        />
      );
    case "refused":
      return (
        <View
          style={[
            styles.node,
            at(20),
            { backgroundColor: color.page, borderWidth: 2, borderColor: color.ink },
          ]}
        >
          <View style={[styles.bar, { backgroundColor: color.ink }]} />
        </View>
      );
    case "arrived":
      return (
        <View
          style={[
            styles.node,
            at(24),
            styles.centred,
            { backgroundColor: color.ink, borderRadius: 12 },
          ]}
        >
          <Icon name="check" color="page" size={16} weight={3} />
        </View>
      );
  }
}

const styles = StyleSheet.create({
  step: { paddingTop: 14, paddingBottom: 12 },
  detail: { marginTop: 2 },
  ground: { position: "absolute", top: 0, bottom: 0, left: 0, right: 0, flexDirection: "row" },
  fill: { flex: 1 },
  leg: { position: "absolute", overflow: "hidden" },
  solid: { width: 6, marginLeft: -3 },
  back: { width: 10, marginLeft: -5, borderLeftWidth: 2, borderRightWidth: 2 },
  dotted: { width: 2, marginLeft: -1 },
  dot: { width: 2, height: 3, marginBottom: 5 },
  teeth: { width: 14, marginLeft: -7 },
  node: { position: "absolute", zIndex: 3 },
  centred: { alignItems: "center", justifyContent: "center" },
  bar: { position: "absolute", left: 3, right: 3, top: 7, height: 2 },
});
