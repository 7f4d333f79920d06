import type { Info } from "@satsconnect/contracts";
import { View } from "react-native";
import { Pressable } from "../../design/pressable.tsx";
import { Rule } from "../../design/row.tsx";
import { useTheme } from "../../design/theme.tsx";
import { size } from "../../design/tokens.ts";
import { Type } from "../../design/type.tsx";
import { kesCentsOf, kesFigure, satsFigure } from "../../money/format.ts";
import type { Limits, AmountProblem } from "../../money/amount-input.ts";
import { useMoney } from "../../money/use-money.ts";

/** The operator's limits as amounts; null until they are known. */
export function limitsOf(info: Info | null, kind: "buy" | "sell"): Limits | null {
  if (info === null) return null;
  const limits = info.limits[kind];
  return {
    minimumKesCents: BigInt(limits.minimumKesCents),
    maximumKesCents: BigInt(limits.maximumKesCents),
    dailyMaximumKesCents: BigInt(limits.dailyMaximumKesCents),
  };
}

type AmountNoteProps = {
  readonly name: string;
  readonly amountProblem: AmountProblem;
  readonly limits: Limits | null;
  readonly rate: bigint | null;
  /** The failure of the last request to the operator. */
  readonly problem: string | null;
  /** A line on top that can be pressed to change it: the number that pays. */
  readonly first?: string;
  readonly onFirst?: () => void;
  readonly children?: string | undefined;
};

/** The text below a typed amount: the paying number, the limits, or why the amount cannot be used. */
export function AmountNote(props: AmountNoteProps) {
  const { words, settings } = useMoney();
  const { grid } = useTheme();
  const { amountProblem, limits, rate } = props;
  const isBalance = amountProblem?.code === "above_balance";
  const message =
    props.problem ??
    (isBalance && settings.hideAmounts
      ? words.problem.insufficient_balance
      : problemOf(amountProblem, rate, words));
  return (
    <View>
      <Rule />
      <View
        style={{ paddingVertical: 8, paddingLeft: grid.writing, paddingRight: grid.edge }}
        aria-live="polite"
      >
        {props.first === undefined ? null : (
          <Pressable
            onPress={props.onFirst}
            accessibilityRole="button"
            accessibilityHint={words.amount.numberChange}
            style={{ minHeight: size.tapMin, justifyContent: "center" }}
            testID={`${props.name}.number`}
          >
            <Type as="second" style={{ textDecorationLine: "underline" }}>
              {props.first}
            </Type>
          </Pressable>
        )}
        {message === null ? (
          <>
            {limits === null ? null : (
              <>
                <Type as="second">
                  {words.amount.limits(
                    kesFigure(limits.minimumKesCents),
                    kesFigure(limits.maximumKesCents),
                  )}
                </Type>
                <Type as="second">
                  {words.amount.daily(kesFigure(limits.dailyMaximumKesCents))}
                </Type>
              </>
            )}
            {rate === null ? <Type as="second">{words.amount.noPrice}</Type> : null}
            {props.children === undefined ? null : (
              <Type as="second" color="ink2">
                {props.children}
              </Type>
            )}
          </>
        ) : (
          <Type as="secondStrong" testID={`${props.name}.problem`}>
            {message}
          </Type>
        )}
      </View>
    </View>
  );
}

function problemOf(
  amountProblem: AmountProblem,
  rate: bigint | null,
  words: ReturnType<typeof useMoney>["words"],
): string | null {
  switch (amountProblem?.code) {
    case "below_minimum":
      return words.amount.tooLittle(kesFigure(amountProblem.minimumKesCents));
    case "above_maximum":
      return words.amount.tooMuch(kesFigure(amountProblem.maximumKesCents));
    case "above_balance": {
      const sats = satsFigure(amountProblem.spendableMsat);
      return rate === null
        ? words.amount.aboveBalanceSats(sats)
        : words.amount.aboveBalance(kesFigure(kesCentsOf(amountProblem.spendableMsat, rate)), sats);
    }
    default:
      return null;
  }
}
