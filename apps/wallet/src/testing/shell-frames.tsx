import { ok } from "@satsconnect/money";
import type { NodeView } from "@satsconnect/wallet/client";
import { FirstMinute } from "../screens/first-minute/first-minute.tsx";
import { HelpScreen } from "../screens/help/help-screen.tsx";
import { LockScreen } from "../screens/pin/lock-screen.tsx";
import { NodeScreen } from "../screens/settings/node-screen.tsx";
import { NewPinScreen } from "../screens/settings/pin-screens.tsx";
import { SettingsScreen } from "../screens/settings/settings-screen.tsx";
import { WordsScreen } from "../screens/words/words-screen.tsx";
import { OpenSession } from "../session/open-session.tsx";
import { fixtureNow } from "./fixture-wallet.ts";
import { pinSteps } from "./frame.ts";
import type { Frame, Step } from "./frame.ts";

const no = () => undefined;
const noWallet = async () => undefined;
const minute = 60_000;
const id = (seed: string) => `${seed}9c04e7d15b2a8f36`.repeat(4).slice(0, 64);

/** The words of the frames' wallet: made up, and no wallet's. */
export const frameWords =
  "river market mango lunch basket drum silent goat school rain coffee sugar";

const node: NodeView = {
  nodeId: `02${id("ab")}`,
  network: "regtest",
  coreVersion: "0.1.0",
  status: "running",
  height: 1_204,
  synced: true,
  peers: [{ nodeId: `03${id("cd")}`, connected: true, address: "127.0.0.1:9735", operator: true }],
  channels: [],
  onChain: {
    confirmedSat: "0",
    pendingSat: "0",
    spendableSat: "0",
    claimableSat: "0",
    transactions: [],
  },
  logs: [],
};

const first = <FirstMinute onWallet={noWallet} />;
const toPin: readonly Step[] = [{ press: "start.create" }, { seen: "choose-pin" }];
const toWords: readonly Step[] = [...pinSteps("words-pin"), { seen: "words" }];

function settings(chosen: Frame["chosen"]): Frame {
  return { screen: () => <SettingsScreen onLock={no} />, chosen };
}

function opening(how: Frame["opening"], steps: readonly Step[] = []): Frame {
  return {
    screen: () => (
      <OpenSession
        secret={{ mnemonic: frameWords, passphrase: "", walletId: "frame" }}
        start="known"
        onWiped={no}
      >
        {null}
      </OpenSession>
    ),
    opening: how,
    steps,
  };
}

function lock(attempts?: Frame["attempts"], steps: readonly Step[] = []): Frame {
  return {
    screen: () => <LockScreen onUnlocked={no} onForget={no} />,
    sealed: true,
    ...(attempts === undefined ? {} : { attempts }),
    steps,
  };
}

/** Every state of every screen around the money, by name. */
export const shellFrames: Readonly<Record<string, Frame>> = {
  language: { screen: () => first, unchosen: true },
  start: { screen: () => first },
  restore: { screen: () => first, steps: [{ press: "start.restore" }] },
  "restore-wrong": {
    screen: () => first,
    steps: [
      { press: "start.restore" },
      { type: "river market mango lunchbox", into: "restore.words" },
      { press: "restore.continue" },
    ],
  },
  "pin-choose": { screen: () => first, steps: toPin },
  "pin-easy": { screen: () => first, steps: [...toPin, ...pinSteps("choose-pin", "111111")] },
  "pin-again": {
    screen: () => first,
    steps: [...toPin, ...pinSteps("choose-pin"), ...pinSteps("choose-pin", "258")],
  },
  "pin-different": {
    screen: () => first,
    steps: [...toPin, ...pinSteps("choose-pin"), ...pinSteps("choose-pin", "258015")],
  },
  lock: lock(undefined, pinSteps("lock", "258")),
  "lock-wrong": lock({ wrong: 1, lockedUntil: 0 }),
  "lock-waits": lock({ wrong: 5, lockedUntil: fixtureNow + 5 * minute }),
  forgot: lock(undefined, [{ press: "lock.forgot" }]),
  "words-pin": { screen: () => <WordsScreen onWiped={no} />, sealed: true },
  words: { screen: () => <WordsScreen onWiped={no} />, sealed: true, steps: toWords },
  quiz: {
    screen: () => <WordsScreen onWiped={no} />,
    sealed: true,
    steps: [...toWords, { press: "words.written" }],
  },
  settings: settings({ wordsChecked: true }),
  "settings-due": settings({ wordsChecked: false, hideAmounts: true, wipeAfterTen: true }),
  help: { screen: () => <HelpScreen />, steps: [{ press: "help.1" }] },
  node: {
    screen: () => <NodeScreen />,
    wallet: {
      answers: {
        node: () =>
          ok({
            ...node,
            channels: [
              {
                channelId: id("4e"),
                peer: `03${id("cd")}`,
                capacitySat: "1000000",
                balanceMsat: "145039000",
                sendableMsat: "144039000",
                receivableMsat: "844961000",
                usable: true,
                closing: false,
                confirmations: 6,
                fundingTxid: id("5a"),
              },
            ],
          }),
      },
    },
  },
  "node-empty": { screen: () => <NodeScreen />, wallet: { answers: { node: () => ok(node) } } },
  "node-loading": { screen: () => <NodeScreen />, wallet: { pending: ["node"] } },
  "change-pin": {
    screen: () => <NewPinScreen kind="change-pin" onWiped={no} />,
    sealed: true,
    steps: [...pinSteps("change-pin-pin"), { seen: "change-pin" }],
  },
  "change-pin-done": {
    screen: () => <NewPinScreen kind="change-pin" onWiped={no} />,
    sealed: true,
    steps: [
      ...pinSteps("change-pin-pin"),
      { seen: "change-pin" },
      ...pinSteps("change-pin", "693014"),
      ...pinSteps("change-pin", "693014"),
      { seen: "change-pin-done" },
    ],
  },
  decoy: {
    screen: () => <NewPinScreen kind="decoy" onWiped={no} />,
    sealed: true,
    steps: [...pinSteps("decoy-pin"), { seen: "decoy" }],
  },
  opening: opening("pending"),
  "open-failed": opening("fails", [{ seen: "open-failed" }]),
  held: opening("held", [{ seen: "held" }]),
};
