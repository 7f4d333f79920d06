import type { ReactNode } from "react";
import { View } from "react-native";
import { Keys, QuickAmounts } from "../../design/keys.tsx";
import { Page } from "../../design/page.tsx";
import { Button } from "../../design/button.tsx";
import { Sum } from "../../design/sum.tsx";
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
  /** Under the sum: limits, fees, what is wrong. */
  readonly children?: ReactNode;
  /** Right over the slab: a failure, or what going on means. */
  readonly note?: ReactNode;
  readonly action: {
    readonly label: string;
    readonly onPress: () => void;
    readonly off: boolean;
    readonly busy?: boolean;
  };
  /** The page's name, which every key's test name begins with. */
  readonly name: string;
};

/** An amount, typed in shillings or sats: the other unit stands under it, and a tap on it changes places. */
export function AmountPage(props: AmountPageProps) {
  const { words } = useMoney();
  const { input, onInput, kesCentsPerBtc: rate, name } = props;
  const figure = grouped(typedAmount(input));
  const msat = amountMsat(input, rate);
  const cents = amountKesCents(input, rate);
  const other = input.unit === "kes" ? words.units.sats : words.units.kes;
  const lesser =
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
        <Sum
          label={props.label}
          kes={input.unit === "kes" ? figure : lesser}
          sats={input.unit === "kes" ? lesser : figure}
          units={words.units}
          satsFirst={input.unit === "sats"}
          typing
          hint={words.amount.swap(other)}
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
