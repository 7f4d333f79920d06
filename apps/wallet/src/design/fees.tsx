import { StyleSheet, View } from "react-native";
import { Row, Rule } from "./row.tsx";
import { useTheme } from "./theme.tsx";
import { Type } from "./type.tsx";

export type FeeLine = {
  readonly sign: "" | "−" | "+";
  readonly label: string;
  readonly amount: string;
};

type FeesProps = {
  readonly lines: readonly FeeLine[];
  readonly total: { readonly label: string; readonly amount: string };
};

/**
 * A list of fees with its total: signs in the margin, the total below an ink rule. A zero fee is shown, never left out.
 */
export function Fees({ lines, total }: FeesProps) {
  return (
    <View>
      <Rule />
      {lines.map((line) => (
        <Row
          key={line.label}
          style={styles.line}
          margin={<Type as="unit">{line.sign}</Type>}
          figure={<Type as="amount">{line.amount}</Type>}
        >
          <Type as="body">{line.label}</Type>
        </Row>
      ))}
      <Rule kind="ink" />
      <Row
        style={styles.total}
        margin={<Type as="unit">=</Type>}
        figure={<Type as="total">{total.amount}</Type>}
      >
        <Type as="bodyStrong">{total.label}</Type>
      </Row>
    </View>
  );
}

export type Fact = {
  readonly label: string;
  readonly value: string;
  readonly onPress?: () => void;
};

/** Average width of a character, in dp. A value that does not fit beside its label is placed below the label. */
const characterWidth = 7.7;

/** Facts below an amount: the label in grey, the value at the right edge. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  const { largeText, width, grid } = useTheme();
  const maxCharacters = (width - grid.writing - grid.edge) / characterWidth;
  return (
    <View>
      <Rule />
      <View style={styles.facts}>
        {facts.map((fact) =>
          largeText || fact.label.length + fact.value.length > maxCharacters ? (
            <View key={fact.label} style={styles.fact}>
              <Row>
                <Type as="second" color="ink2">
                  {fact.label}
                </Type>
                <Type as="value" selectable>
                  {fact.value}
                </Type>
              </Row>
            </View>
          ) : (
            <Row
              key={fact.label}
              style={styles.fact}
              figure={
                <Type as="value" align="right" selectable>
                  {fact.value}
                </Type>
              }
            >
              <Type as="second" color="ink2">
                {fact.label}
              </Type>
            </Row>
          ),
        )}
      </View>
    </View>
  );
}

const styles = StyleSheet.create({
  line: { paddingVertical: 5 },
  total: { paddingVertical: 8 },
  facts: { paddingVertical: 8 },
  fact: { paddingVertical: 4 },
});
