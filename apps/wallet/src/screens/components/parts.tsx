import { useState } from "react";
import { View } from "react-native";
import { Facts, Fees } from "../../design/fees.tsx";
import { Icon, iconNames } from "../../design/icon.tsx";
import { Keys, PinBoxes, QuickAmounts } from "../../design/keys.tsx";
import { Day, EntryRow } from "../../design/entry-row.tsx";
import { LiveLine } from "../../design/live-line.tsx";
import { MoneyPath } from "../../design/money-path.tsx";
import { KangaSaying, KangaBorder, TornEdge } from "../../design/ornaments.tsx";
import { QrCode } from "../../design/qr-code.tsx";
import { Row, Rule } from "../../design/row.tsx";
import { Section, SettingsRow } from "../../design/settings-row.tsx";
import {
  HoldToConfirmButton,
  Note,
  Button,
  ButtonGrid,
  CountdownButton,
} from "../../design/button.tsx";
import { Amount } from "../../design/amount.tsx";
import { useTheme } from "../../design/theme.tsx";
import { type, type ColorRole, type TypeName } from "../../design/tokens.ts";
import { Type } from "../../design/type.tsx";
import type { ComponentsWords } from "../../i18n/catalogues/components-screen.en.ts";
import { Field } from "../parts/field.tsx";
import { Notice, Statement } from "../parts/notice.tsx";

type Props = { readonly words: ComponentsWords };

const units = { kes: "KES", sats: "sats" };
const code = `LNBC27560N1${"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".repeat(7)}`;
const noop = () => undefined;

/** The components that show money. */
export function MoneyParts({ words }: Props) {
  const { sections } = words;
  return (
    <>
      <Section>{sections.sum}</Section>
      <Amount label={words.onThisPhone} kes="18,420" sats="145,039" units={units} />
      <Amount label={words.onThisPhone} kes="1,250,319" sats="9,845,039" units={units} />
      <Amount label={words.youPay} kes="2,000" sats="15,575" units={units} typing />
      <Amount label={words.hidden} kes="18,420" sats="145,039" units={units} hidden />
      <Amount
        label={words.onThisPhone}
        kes={null}
        sats="145,039"
        units={units}
        noPrice={words.noPrice}
      />
      <Amount label={words.youGet} kes="1,978" sats="15,575" units={units} small />
      <Section>{sections.live}</Section>
      <LiveLine
        countdown="1:42"
        title={words.buying}
        detail={words.enterPin}
        path={{ placeCount: 4, reachedCount: 1, from: words.mpesa, to: words.thisPhone }}
      />
      <LiveLine countdown={words.late} title={words.buying} detail={words.notAnswered} />
      <Section>{sections.ledger}</Section>
      <Day day={words.today} net="+530" />
      <EntryRow
        time="13:58"
        title="Mama Njeri"
        detail={words.sent}
        amount="−120"
        secondaryAmount="945 sats"
        onPress={noop}
      />
      <EntryRow
        time="11:20"
        title="JANE W•••••"
        detail={words.received}
        amount="+650"
        secondaryAmount="5,118 sats"
      />
      <EntryRow
        time="09:04"
        title={words.cameBack}
        detail={words.toMpesa}
        amount="3,000"
        secondaryAmount={words.back}
        muted
      />
      <Rule />
      <Section>{sections.path}</Section>
      <Path words={words} />
      <Section>{sections.fees}</Section>
      <Fees
        lines={[
          { sign: "", label: words.youPay, amount: "2,000.00" },
          { sign: "−", label: words.fee, amount: "20.00" },
          { sign: "−", label: words.mpesaCharge, amount: "0.00" },
        ]}
        total={{ label: words.youGet, amount: "1,980.00" }}
      />
      <Facts
        facts={[
          { label: words.price, value: "1 BTC = KES 12,700,000" },
          { label: words.receiptNumber, value: "SKL4H7T2QZ" },
        ]}
      />
      <Section>{sections.receipt}</Section>
      <KangaBorder />
      <View style={{ height: 16 }} />
      <KangaBorder large />
      <KangaSaying>Haba na haba hujaza kibaba</KangaSaying>
      <TornEdge />
      <Section>{sections.code}</Section>
      <QrCode text={code} label={words.code} />
    </>
  );
}

function Path({ words }: Props) {
  return (
    <>
      <MoneyPath
        summary={words.pathSummary}
        steps={[
          {
            key: "waits",
            state: "waits",
            time: "1:42",
            place: words.enterPinTitle,
            detail: words.stillInMpesa,
          },
          {
            key: "next",
            state: "next",
            by: words.by,
            time: "14:36",
            place: words.thisPhone,
            detail: words.arrived,
          },
        ]}
      />
      <Rule />
      <MoneyPath
        summary={words.pathSummary}
        steps={[
          { key: "done", state: "done", time: "14:32", place: words.mpesa, detail: "KES 2,000" },
          {
            key: "moving",
            state: "moving",
            time: "0:51",
            place: "Lightning",
            detail: words.onTheWay,
          },
          {
            key: "arrived",
            state: "arrived",
            time: "14:36",
            place: words.thisPhone,
            detail: words.arrived,
          },
        ]}
      />
      <Rule />
      <MoneyPath
        summary={words.pathSummary}
        steps={[
          {
            key: "late",
            state: "late",
            time: words.late,
            place: words.mpesa,
            detail: words.notAnswered,
          },
          {
            key: "refused",
            state: "refused",
            time: "15:03",
            place: words.mpesa,
            detail: words.refused,
          },
          {
            key: "back",
            state: "arrived",
            time: "15:04",
            place: words.backHere,
            detail: words.statementDetail,
          },
        ]}
      />
    </>
  );
}

/** The components to press and type into, and the icons, type styles and colours. */
export function PageParts({ words }: Props) {
  const { sections } = words;
  const [on, setOn] = useState(true);
  const [chosen, setChosen] = useState("2000");
  const [note, setNote] = useState("");
  return (
    <>
      <Section>{sections.buttons}</Section>
      <Button icon="more" label={words.go} kind="go" onPress={noop} />
      <Button icon="check" label={words.ink} onPress={noop} />
      <Button icon="phone" label={words.plain} kind="plain" onPress={noop} />
      <Button icon="more" label={words.busy} kind="go" busy onPress={noop} />
      <Button icon="more" label={words.off} off onPress={noop} />
      <Section>{sections.timed}</Section>
      {[1, 0.4, 0].map((left) => (
        <CountdownButton
          key={left}
          icon="more"
          label={words.pay}
          countdown={left === 1 ? "1:00" : "0:24"}
          left={left}
          endedLabel={words.newPrice}
          onEnded={noop}
          onPress={noop}
        />
      ))}
      <HoldToConfirmButton
        icon="send"
        figure="KES 120"
        labels={{
          rest: words.hold,
          holding: words.holding,
          confirm: words.confirm,
          tap: words.tap,
        }}
        onConfirm={noop}
      />
      <Section>{sections.grid}</Section>
      <ButtonGrid
        actions={[
          { icon: "send", label: words.send, onPress: noop },
          { icon: "receive", label: words.receive, onPress: noop },
          { icon: "buy", label: words.buy, onPress: noop },
          { icon: "sell", label: words.sell, onPress: noop },
        ]}
      />
      <Section>{sections.keys}</Section>
      <QuickAmounts
        label={sections.keys}
        amounts={["500", "1,000", "2,000", "5,000"].map((label) => ({
          key: label.replace(",", ""),
          label,
        }))}
        chosen={chosen}
        onChoose={setChosen}
      />
      <Keys onKey={noop} eraseLabel={words.back} />
      <Section>{sections.rows}</Section>
      <SettingsRow
        icon="words"
        label={words.wordsRow}
        detail={words.wordsDetail}
        done
        onPress={noop}
      />
      <SettingsRow icon="words" label={words.checkWords} needsAction onPress={noop} />
      <SettingsRow
        icon="eye"
        label={words.hide}
        on={on}
        onPress={() => {
          setOn(!on);
        }}
      />
      <SettingsRow
        icon="bolt"
        label={words.saveData}
        on={!on}
        onPress={() => {
          setOn(!on);
        }}
      />
      <SettingsRow icon="tongue" label={words.language} value="Kiswahili" onPress={noop} />
      <Section>{sections.pin}</Section>
      <PinBoxes filled={3} label={words.pinBoxes} />
      <Section>{sections.field}</Section>
      <Field
        label={words.note}
        hint={words.noteHint}
        value={note}
        onChange={setNote}
        testID="components.field"
      />
      <Section>{sections.sentences}</Section>
      <Statement detail={words.statementDetail}>{words.statement}</Statement>
      <Notice icon="clock">{words.notAnswered}</Notice>
      <Note>{words.sentence}</Note>
      <Note color="stop">{words.stop}</Note>
      <Section>{sections.icons}</Section>
      <Icons />
      <Section>{sections.type}</Section>
      <Types sample={words.sample} />
      <Section>{sections.colors}</Section>
      <Colors />
    </>
  );
}

function Icons() {
  const { grid } = useTheme();
  return (
    <View
      style={{
        flexDirection: "row",
        flexWrap: "wrap",
        gap: 16,
        paddingLeft: grid.writing,
        paddingRight: grid.edge,
        paddingVertical: 8,
      }}
    >
      {iconNames.map((name) => (
        <Icon key={name} name={name} />
      ))}
    </View>
  );
}

const shownTypes: readonly TypeName[] = [
  "figureXL",
  "figureL",
  "figureM",
  "statement",
  "payee",
  "title",
  "amount",
  "action",
  "place",
  "body",
  "second",
  "smallest",
];

function Types({ sample }: { readonly sample: string }) {
  return shownTypes.map((name) => (
    <Row
      key={name}
      style={{ paddingVertical: 4 }}
      margin={
        <Type as="second" color="ink2">
          {String(type[name].fontSize)}
        </Type>
      }
    >
      <Type as={name}>{type[name].fontSize >= 64 ? "1,978" : sample}</Type>
    </Row>
  ));
}

function Colors() {
  const { color } = useTheme();
  return (Object.entries(color) as [ColorRole, string][]).map(([role, value]) => (
    <Row
      key={role}
      align="center"
      style={{ minHeight: 36 }}
      margin={
        <View
          style={{
            width: 28,
            height: 28,
            backgroundColor: value,
            borderWidth: 1,
            borderColor: color.ink,
          }}
        />
      }
      figure={
        <Type as="second" color="ink2">
          {value}
        </Type>
      }
    >
      <Type as="second">{role}</Type>
    </Row>
  ));
}
