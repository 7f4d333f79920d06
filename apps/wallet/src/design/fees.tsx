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

/** The sum of fees: signs in the margin, the total under an ink rule. A zero fee is written, never left out. */
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

/** About how wide a letter of a fact is: what does not fit beside its label stands under it. */
const letter = 7.7;

/** Facts under a sum: quiet label, value at the right edge. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  const { largeText, width, grid } = useTheme();
  const letters = (width - grid.writing - grid.edge) / letter;
  return (
    <View>
      <Rule />
      <View style={styles.facts}>
        {facts.map((fact) =>
          largeText || fact.label.length + fact.value.length > letters ? (
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
