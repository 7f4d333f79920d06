import { useEffect, useRef } from "react";
import { Animated, Easing, StyleSheet, View } from "react-native";
import Svg, { Path } from "react-native-svg";
import { Icon } from "./icon.tsx";
import { Row } from "./row.tsx";
import { useTheme } from "./theme.tsx";
import { motion, size } from "./tokens.ts";
import { Type } from "./type.tsx";

/** Where a step stands. State is told by shape first, then words, then colour. */
export type StepState = "done" | "waits" | "moving" | "late" | "next" | "refused" | "arrived";

export type Step = {
  readonly key: string;
  readonly state: StepState;
  /** The time it happened, the countdown, or the clock time of its deadline. */
  readonly time: string;
  /** The word over a deadline: `by`, `hadi`. */
  readonly by?: string;
  readonly place: string;
  readonly detail: string;
};

type MoneyPathProps = {
  readonly steps: readonly Step[];
  readonly airy?: boolean;
  readonly summary: string;
};

/** The path of one order's money: places in order of time, drawn on the line itself. */
export function MoneyPath({ steps, airy = false, summary }: MoneyPathProps) {
  return (
    <View role="list" aria-label={summary} aria-live="polite">
      {steps.map((step, index) => (
        <PathStep
          key={step.key}
          step={step}
          following={steps[index + 1]}
          minHeight={airy ? size.stepAiry : size.step}
        />
      ))}
    </View>
  );
}

type PathStepProps = {
  readonly step: Step;
  readonly following: Step | undefined;
  readonly minHeight: number;
};

const nodeCentre = 25;

function PathStep({ step, following, minHeight }: PathStepProps) {
  const { color, grid } = useTheme();
  const live = step.state === "waits" || step.state === "moving" || step.state === "late";
  return (
    <View
      role="listitem"
      style={[
        styles.step,
        { minHeight, backgroundColor: live ? color.now : "transparent", zIndex: live ? 1 : 2 },
      ]}
    >
      {live ? null : <MarginGround />}
      {following === undefined ? null : <Leg step={step} following={following} />}
      <Node state={step.state} left={grid.margin} />
      <Row
        align="flex-start"
        margin={
          live ? (
            <Type as="countdown" color="onNow">
              {step.time}
            </Type>
          ) : (
            <>
              {step.by === undefined ? null : (
                <Type as="least" color="ink2">
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

/** The path is the line: behind it the page's own line is painted over, so that a dotted leg is dotted. */
function MarginGround() {
  const { color, grid } = useTheme();
  return (
    <View style={styles.ground} aria-hidden>
      <View style={{ width: grid.margin, backgroundColor: color.margin }} />
      <View style={[styles.fill, { backgroundColor: color.page }]} />
    </View>
  );
}

function Leg({ step, following }: { readonly step: Step; readonly following: Step }) {
  const { color, grid } = useTheme();
  const followingLive =
    following.state === "waits" || following.state === "moving" || following.state === "late";
  const at = { left: grid.margin, top: nodeCentre };
  if (step.state === "waits" || step.state === "moving" || step.state === "late")
    return (
      <View
        style={[
          styles.leg,
          at,
          { width: 14, marginLeft: -7, top: nodeCentre + 18, bottom: -(nodeCentre - 10) },
        ]}
      >
        <Teeth
          kind={step.state === "waits" ? "hollow" : "solid"}
          moving={step.state === "moving"}
        />
      </View>
    );
  if (step.state === "next")
    return (
      <View style={[styles.leg, at, styles.dotted]}>
        {Array.from({ length: 24 }, (_, dot) => (
          <View key={dot} style={[styles.dot, { backgroundColor: color.ink2 }]} />
        ))}
      </View>
    );
  if (step.state === "refused")
    return (
      <View
        style={[
          styles.leg,
          at,
          styles.back,
          { borderColor: color.ink, backgroundColor: color.page },
        ]}
      />
    );
  return (
    <View
      style={[
        styles.leg,
        at,
        styles.solid,
        { backgroundColor: followingLive ? color.ink : color.ink },
      ]}
    />
  );
}

function Teeth({ kind, moving }: { readonly kind: "hollow" | "solid"; readonly moving: boolean }) {
  const { color, reducedMotion } = useTheme();
  const travel = useRef(new Animated.Value(0)).current;
  const runs = moving && !reducedMotion;
  useEffect(() => {
    if (!runs) {
      travel.setValue(0);
      return;
    }
    const loop = Animated.loop(
      Animated.timing(travel, {
        toValue: 1,
        duration: motion.teeth,
        easing: Easing.linear,
        useNativeDriver: false,
      }),
    );
    loop.start();
    return () => {
      loop.stop();
    };
  }, [runs, travel]);
  const count = 8;
  return (
    <View style={styles.teeth} aria-hidden>
      <Animated.View
        style={{
          transform: [
            { translateY: travel.interpolate({ inputRange: [0, 1], outputRange: [-11, 0] }) },
          ],
        }}
      >
        <Svg width={14} height={11 * count} viewBox={`0 0 14 ${String(11 * count)}`}>
          {Array.from({ length: count }, (_, tooth) =>
            kind === "solid" ? (
              <Path key={tooth} d={`M0 ${String(tooth * 11 + 1)}h14l-7 9z`} fill={color.onNow} />
            ) : (
              <Path
                key={tooth}
                d={`M1.7 ${String(tooth * 11 + 1.5)}h10.6L7 ${String(tooth * 11 + 8.7)}z`}
                fill="none"
                stroke={color.onNow}
                strokeWidth={1.5}
              />
            ),
          )}
        </Svg>
      </Animated.View>
    </View>
  );
}

function Node({ state, left }: { readonly state: StepState; readonly left: number }) {
  const { color } = useTheme();
  const at = (box: number) => ({
    left: left - box / 2,
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
  leg: { position: "absolute", bottom: -nodeCentre, overflow: "hidden" },
  solid: { width: 6, marginLeft: -3 },
  back: { width: 10, marginLeft: -5, borderLeftWidth: 2, borderRightWidth: 2 },
  dotted: { width: 2, marginLeft: -1 },
  dot: { width: 2, height: 3, marginBottom: 5 },
  teeth: { height: "100%", overflow: "hidden" },
  node: { position: "absolute", zIndex: 3 },
  centred: { alignItems: "center", justifyContent: "center" },
  bar: { position: "absolute", left: 3, right: 3, top: 7, height: 2 },
});
