import type { ReactNode } from "react";
import { View } from "react-native";
import { Keys, QuickAmounts } from "../../design/keys.tsx";
import { Page } from "../../design/page.tsx";
import { Button } from "../../design/button.tsx";
import { Amount } from "../../design/amount.tsx";
import { grouped, kesFigure, satsFigure } from "../../money/format.ts";
import {
  amountKesCents,
  amountMsat,
  amountOf,
  pressKey,
  swapUnit,
  typedAmount,
} from "../../money/amount-input.ts";
import type { AmountInput } from "../../money/amount-input.ts";
import { useMoney } from "../../money/use-money.ts";

const quickAmounts = {
  kes: [500n, 1_000n, 2_000n, 5_000n],
  sats: [5_000n, 10_000n, 20_000n, 50_000n],
} as const;

type AmountPageProps = {
  readonly title: string;
  readonly onBack: () => void;
  readonly label: string;
  readonly input: AmountInput;
  readonly onInput: (input: AmountInput) => void;
  readonly kesCentsPerBtc: bigint | null;
  /** Below the amount: limits, fees, or what is wrong with it. */
  readonly children?: ReactNode;
  /** Directly above the button: a failure, or what continuing means. */
  readonly note?: ReactNode;
  readonly action: {
    readonly label: string;
    readonly onPress: () => void;
    readonly off: boolean;
    readonly busy?: boolean;
  };
  /** Name of the page and prefix of its test ids. */
  readonly name: string;
};

/** A page to type an amount in shillings or sats. The other unit is shown below; a tap on it swaps the two. */
export function AmountPage(props: AmountPageProps) {
  const { words } = useMoney();
  const { input, onInput, kesCentsPerBtc: rate, name } = props;
  const figure = grouped(typedAmount(input));
  const msat = amountMsat(input, rate);
  const cents = amountKesCents(input, rate);
  const otherUnit = input.unit === "kes" ? words.units.sats : words.units.kes;
  const converted =
    typedAmount(input) === 0n
      ? "0"
      : input.unit === "kes"
        ? msat === null
          ? words.home.noPrice
          : words.about(satsFigure(msat))
        : cents === null
          ? words.home.noPrice
          : words.about(kesFigure(cents));
  const quick = quickAmounts[input.unit];
  return (
    <Page
      testID={name}
      title={props.title}
      left={{ icon: "back", label: words.back, onPress: props.onBack, testID: `${name}.back` }}
      footColor={props.action.off ? "margin" : "now"}
      foot={
        <>
          {props.note}
          <QuickAmounts
            amounts={quick.map((amount) => ({ key: amount.toString(), label: grouped(amount) }))}
            chosen={typedAmount(input).toString()}
            onChoose={(key) => {
              onInput(amountOf(input.unit, BigInt(key)));
            }}
            testID={`${name}.quick`}
          />
          <Keys
            onKey={(key) => {
              onInput(pressKey(input, key));
            }}
            eraseLabel={words.erase}
            testID={`${name}.key`}
          />
          <Button
            icon="more"
            label={props.action.label}
            kind="go"
            onPress={props.action.onPress}
            off={props.action.off}
            busy={props.action.busy === true}
            testID={`${name}.continue`}
          />
        </>
      }
    >
      <View>
        <Amount
          label={props.label}
          kes={input.unit === "kes" ? figure : converted}
          sats={input.unit === "kes" ? converted : figure}
          units={words.units}
          satsFirst={input.unit === "sats"}
          typing
          hint={words.amount.swap(otherUnit)}
          onPress={() => {
            onInput(swapUnit(input, rate));
          }}
          testID={`${name}.swap`}
        />
      </View>
      {props.children}
    </Page>
  );
}
