import type { ReactElement } from "react";

import { View } from "react-native";
import { Facts, Fees } from "./design/fees.tsx";
import { Keys, PinBoxes, QuickAmounts } from "./design/keys.tsx";
import { Day, LedgerLine } from "./design/ledger-line.tsx";
import { LiveLine } from "./design/live-line.tsx";
import { MoneyPath } from "./design/money-path.tsx";
import { Jina, Pindo, Tear } from "./design/ornaments.tsx";
import { Page } from "./design/page.tsx";
import { QrCode } from "./design/qr-code.tsx";
import { Section, SettingsRow } from "./design/settings-row.tsx";
import { HoldSlab, Note, Slab, SlabGrid, TimedSlab } from "./design/slab.tsx";
import { Sum } from "./design/sum.tsx";
import { Type } from "./design/type.tsx";
const no = () => undefined;
const units = { kes: "KES", sats: "sats" };
const back = { icon: "back", label: "Back", onPress: no } as const;
const screens: Record<string, () => ReactElement> = {
  home: () => (
    <Page
      title="SatsConnect"
      left={{ icon: "menu", label: "Menu", onPress: no }}
      right={{ icon: "scan", label: "Scan", onPress: no }}
      footColor="slab"
      foot={
        <SlabGrid
          actions={[
            { icon: "send", label: "Send", onPress: no },
            { icon: "receive", label: "Receive", onPress: no },
            { icon: "buy", label: "Buy", onPress: no },
            { icon: "sell", label: "Sell", onPress: no },
          ]}
        />
      }
    >
      <Sum label="On this phone" kes="18,420" sats="145,039" units={units} />
      <LiveLine
        countdown="1:42"
        title="Buying KES 2,000"
        detail="Enter your M-Pesa PIN by 14:34"
        path={{ places: 4, reached: 1, from: "M-Pesa", to: "This phone by 14:36" }}
      />
      <Day day="Thursday 21 Nov" />
      <LedgerLine
        time="13:58"
        title="Mama Njeri"
        detail="Lightning"
        amount="−120"
        lesser="945 sats"
        onPress={no}
      />
      <LedgerLine
        time="11:20"
        title="JANE W***"
        detail="From M-Pesa"
        amount="+650"
        lesser="5,118 sats"
      />
      <LedgerLine
        time="09:04"
        title="Fuel, Kasarani stage"
        detail="Lightning"
        amount="−500"
        lesser="3,937 sats"
      />
    </Page>
  ),
  amount: () => (
    <Page
      title="Buy bitcoin"
      left={back}
      footColor="now"
      foot={
        <>
          <QuickAmounts
            amounts={["500", "1,000", "2,000", "5,000"].map((label) => ({ key: label, label }))}
            chosen="2,000"
            onChoose={no}
          />
          <Keys onKey={no} eraseLabel="Erase" />
          <Slab icon="more" label="See the price and fees" kind="go" onPress={no} />
        </>
      }
    >
      <Sum label="You pay from M-Pesa" kes="2,000" sats="about 15,575" units={units} typing />
      <Note>M-Pesa on 0712 ••• 408{"\n"}KES 50 to 150,000 each time</Note>
    </Page>
  ),
  quote: () => (
    <Page
      title="Buy bitcoin"
      left={back}
      footColor="now"
      foot={
        <>
          <Note>
            This price holds until 14:32:04. M-Pesa will ask for your PIN. If you do not enter it,
            you pay nothing.
          </Note>
          <TimedSlab
            icon="more"
            label="Pay KES 2,000"
            countdown="0:47"
            left={0.66}
            endedLabel="Get a new price"
            onEnded={no}
            onPress={no}
          />
        </>
      }
    >
      <Sum label="You get on this phone" kes="1,978" sats="15,575" units={units} small />
      <Fees
        lines={[
          { sign: "", label: "You pay from M-Pesa", amount: "2,000.00" },
          { sign: "−", label: "Our fee, 1%", amount: "20.00" },
          { sign: "−", label: "M-Pesa charge", amount: "0.00" },
          { sign: "−", label: "Lightning fee", amount: "2.00" },
        ]}
        total={{ label: "You get", amount: "1,978.00" }}
      />
      <Facts
        facts={[
          { label: "Price", value: "1 BTC = KES 12,700,000" },
          { label: "From", value: "M-Pesa 0712 ••• 408" },
          { label: "Arrives", value: "by 14:36" },
        ]}
      />
    </Page>
  ),
  pin: () => (
    <Page
      title="Nunua bitcoin"
      left={back}
      right={{ icon: "help", label: "Help", onPress: no }}
      foot={<Slab icon="phone" label="Sijaona ujumbe wa M-Pesa" kind="plain" onPress={no} />}
    >
      <Sum label="Unalipa kwa M-Pesa" kes="2,000" sats="15,575" units={units} small />
      <MoneyPath
        airy
        summary="path"
        steps={[
          {
            key: "1",
            state: "waits",
            time: "1:42",
            place: "Weka PIN yako ya M-Pesa",
            detail: "Ujumbe umetumwa kwa 0712 ••• 408. Pesa yako bado iko M-Pesa.",
          },
          {
            key: "2",
            state: "next",
            by: "hadi",
            time: "14:34",
            place: "SatsConnect",
            detail: "Tunapokea pesa na kununua sats.",
          },
          {
            key: "3",
            state: "next",
            by: "hadi",
            time: "14:35",
            place: "Lightning",
            detail: "Sats 15,575 zinatumwa kwako.",
          },
          {
            key: "4",
            state: "next",
            by: "hadi",
            time: "14:36",
            place: "Simu yako",
            detail: "Sats ziko kwako. Umemaliza.",
          },
        ]}
      />
      <Note>Usipoweka PIN kufikia 14:34, ununuzi utafutwa. Hutatozwa chochote.</Note>
    </Page>
  ),
  done: () => (
    <Page
      title="Imethibitishwa"
      ornament={<Pindo />}
      left={{ icon: "close", label: "Close", onPress: no }}
      footColor="slab"
      foot={
        <>
          <Jina>Haba na haba hujaza kibaba</Jina>
          <Tear />
          <SlabGrid
            actions={[
              { icon: "share", label: "Shiriki", onPress: no },
              { icon: "check", label: "Sawa", onPress: no },
            ]}
          />
        </>
      }
    >
      <Sum label="Umepokea kwenye simu hii" kes="1,978" sats="15,575" units={units} />
      <Fees
        lines={[
          { sign: "", label: "Umelipa kwa M-Pesa", amount: "2,000.00" },
          { sign: "−", label: "Ada yetu, 1%", amount: "20.00" },
          { sign: "−", label: "Ada ya M-Pesa", amount: "0.00" },
          { sign: "−", label: "Ada ya Lightning", amount: "2.00" },
        ]}
        total={{ label: "Umepokea", amount: "1,978.00" }}
      />
      <Facts
        facts={[
          { label: "Risiti ya M-Pesa", value: "SKL4H7T2QZ" },
          { label: "Muda", value: "21 Nov, 14:33:12" },
          { label: "Salio", value: "KES 20,398" },
        ]}
      />
    </Page>
  ),
  failed: () => (
    <Page
      title="Sell to M-Pesa"
      left={{ icon: "close", label: "Close", onPress: no }}
      right={{ icon: "help", label: "Help", onPress: no }}
      footColor="slab"
      foot={
        <>
          <Slab icon="phone" label="Use another number" kind="plain" onPress={no} />
          <Slab icon="check" label="Done" onPress={no} />
        </>
      }
    >
      <View style={{ paddingLeft: 88, paddingRight: 16, paddingBottom: 14 }}>
        <Type as="statement">M-Pesa did not pay.{"\n"}Your sats are back.</Type>
        <Type as="body" style={{ marginTop: 8 }}>
          Nothing is lost. You paid no fee.
        </Type>
      </View>
      <MoneyPath
        summary="path"
        steps={[
          {
            key: "1",
            state: "done",
            time: "15:02",
            place: "Left this phone",
            detail: "23,622 sats by Lightning, KES 3,000.",
          },
          {
            key: "2",
            state: "done",
            time: "15:02",
            place: "SatsConnect",
            detail: "Asked M-Pesa to pay 0712 ••• 408.",
          },
          {
            key: "3",
            state: "refused",
            time: "15:03",
            place: "M-Pesa",
            detail: "Did not pay. That line is at its limit of KES 500,000.",
          },
          {
            key: "4",
            state: "arrived",
            time: "15:04",
            place: "Back on this phone",
            detail: "23,622 sats. Balance KES 19,890.",
          },
        ]}
      />
      <Note>Use another number, or try again after you spend from that line.</Note>
    </Page>
  ),
  moving: () => (
    <Page
      title="Buy bitcoin"
      left={back}
      right={{ icon: "help", label: "Help", onPress: no }}
      footColor="slab"
      foot={<Slab icon="close" label="Close" onPress={no} />}
    >
      <Sum label="On its way to this phone" kes="1,978" sats="15,575" units={units} small />
      <MoneyPath
        airy
        summary="path"
        steps={[
          {
            key: "1",
            state: "done",
            time: "14:32",
            place: "M-Pesa",
            detail: "Paid KES 2,000. SKL4H7T2QZ",
          },
          {
            key: "2",
            state: "done",
            time: "14:33",
            place: "SatsConnect",
            detail: "Bought 15,575 sats for you.",
          },
          {
            key: "3",
            state: "moving",
            time: "0:51",
            place: "Lightning",
            detail: "15,575 sats are on the way.\nYou can close the app.",
          },
          {
            key: "4",
            state: "next",
            by: "by",
            time: "14:36",
            place: "This phone",
            detail: "Yours. We tell you when they land.",
          },
        ]}
      />
      <Note>Not here by 14:36? KES 2,000 goes back to your M-Pesa by 14:50.</Note>
    </Page>
  ),
  send: () => (
    <Page
      title="Tuma"
      left={back}
      footColor="now"
      foot={
        <>
          <Note>Malipo ya Lightning hayarudishwi. Hakikisha jina na kiasi.</Note>
          <HoldSlab
            icon="send"
            figure="KES 120"
            labels={{
              rest: "Shikilia kutuma",
              holding: "Endelea kushikilia",
              confirm: "Thibitisha",
              tap: "Gusa kutuma",
            }}
            onConfirm={no}
          />
        </>
      }
    >
      <Sum label="Unatuma" kes="120" sats="945" units={units} />
      <Fees
        lines={[
          { sign: "", label: "Kiasi", amount: "120.00" },
          { sign: "+", label: "Ada ya Lightning, hadi", amount: "0.51" },
        ]}
        total={{ label: "Jumla", amount: "120.51" }}
      />
    </Page>
  ),
  receive: () => (
    <Page
      title="Pokea"
      left={back}
      footColor="slab"
      foot={
        <SlabGrid
          actions={[
            { icon: "copy", label: "Nakili", onPress: no },
            { icon: "share", label: "Shiriki", onPress: no },
          ]}
        />
      }
    >
      <Sum label="Unaomba" kes="350" sats="2,756" units={units} small />
      <QrCode text={"LNBC27560N1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".repeat(7)} label="QR" />
      <LiveLine countdown="14:58" title="Tunasubiri malipo" detail="Msimbo huu unaisha saa 14:55" />
    </Page>
  ),
  settings: () => (
    <Page
      title="Settings"
      left={back}
      foot={<Slab icon="help" label="Talk to a person" kind="plain" onPress={no} />}
    >
      <Section>Your keys</Section>
      <SettingsRow
        icon="words"
        label="12 words"
        detail="On paper. Checked on 3 Nov"
        done
        onPress={no}
      />
      <SettingsRow
        icon="lock"
        label="App PIN"
        detail="Not your M-Pesa PIN"
        value="Change"
        onPress={no}
      />
      <SettingsRow icon="words" label="Check your 12 words" needsYou onPress={no} />
      <SettingsRow
        icon="eye"
        label="Hide amounts"
        detail="Until you tap them"
        on={false}
        onPress={no}
      />
      <SettingsRow icon="bolt" label="Save data" detail="Fewer price updates" on onPress={no} />
    </Page>
  ),
  lock: () => (
    <Page
      ornament={<Pindo large />}
      foot={<Keys onKey={no} eraseLabel="Erase" extra={{ label: "Fingerprint" }} />}
    >
      <View style={{ flex: 1 }} />
      <View style={{ paddingLeft: 88, paddingRight: 16 }}>
        <Type as="statement">Weka PIN ya SatsConnect</Type>
        <Type as="body" color="ink2" style={{ marginTop: 6, marginBottom: 26 }}>
          Si PIN yako ya M-Pesa.
        </Type>
      </View>
      <PinBoxes filled={3} label="PIN" />
      <Note rule={false}>Umesahau PIN? Tumia maneno 12</Note>
    </Page>
  ),
};
export const names = Object.keys(screens);
/** Every component, for looking at. */
export function Gallery({ screen }: { readonly screen: string }) {
  const Screen = screens[screen];
  return Screen === undefined ? null : <Screen />;
}
