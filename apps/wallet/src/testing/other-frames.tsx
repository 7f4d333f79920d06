import { lazy } from "react";
import { err, ok } from "@satsconnect/money";
import type { LeaveView, NodeView, OlderStateView } from "@satsconnect/wallet/client";
import { Onboarding } from "../screens/onboarding.tsx";
import { LockScreen } from "../screens/pin/lock-screen.tsx";
import { ComponentsScreen } from "../screens/components/components-screen.tsx";
import type { SettingsRoute } from "../navigation/navigation.ts";
import { DeviceEncryptionOffer, SettingsPages } from "../screens/settings/settings-pages.tsx";
import { SettingsScreen } from "../screens/settings/settings-screen.tsx";
import { RecoveryWordsScreen } from "../screens/recovery-words/recovery-words-screen.tsx";
import { PageBroken } from "../shell/error-boundary.tsx";
import { LazyPage } from "../screens/lazy-page.tsx";
import { OpenSession } from "../shell/open-session.tsx";
import type { Secret } from "../vault/seal-seed.ts";
import { fixtureNow } from "./fixture-wallet.ts";
import { pinSteps } from "./frame.ts";
import type { Frame, Step } from "./frame.ts";

const noop = () => undefined;
const noWallet = async () => undefined;
const minute = 60_000;
const id = (seed: string) => `${seed}9c04e7d15b2a8f36`.repeat(4).slice(0, 64);

/** Made-up words for the frames' wallet. */
export const frameSecret: Secret = {
  mnemonic: "river market mango lunch basket drum silent goat school rain coffee sugar",
  passphrase: "",
  walletId: "frame",
};

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
  logs: [
    { at: fixtureNow - 2 * minute, level: "info", message: "Connected to the operator." },
    { at: fixtureNow - minute, level: "warn", message: "The backup answered late." },
  ],
};

const onboarding = <Onboarding onWallet={noWallet} />;
const toPin: readonly Step[] = [{ press: "start.create" }, { seen: "choose-pin" }];
const toWords: readonly Step[] = [...pinSteps("words-pin"), { seen: "words" }];

const NeverLoads = lazy(() => new Promise<never>(noop));

function settings(
  preferences: Frame["preferences"],
  deviceSettings: Frame["deviceSettings"] = {},
): Frame {
  return { screen: () => <SettingsScreen onLock={noop} />, preferences, deviceSettings };
}

function page(route: SettingsRoute, more: Omit<Frame, "screen"> = {}): Frame {
  return { screen: () => <SettingsPages route={route} onLock={noop} onWiped={noop} />, ...more };
}

const devices = [
  {
    id: "here",
    name: "Chrome, Android",
    current: true,
    createdAt: new Date(fixtureNow - 60 * 24 * 60 * minute).toISOString(),
    lastSeenAt: new Date(fixtureNow).toISOString(),
  },
  {
    id: "old",
    name: "Samsung Internet, Android",
    current: false,
    createdAt: new Date(fixtureNow - 300 * 24 * 60 * minute).toISOString(),
    lastSeenAt: new Date(fixtureNow - 61 * 24 * 60 * minute).toISOString(),
  },
];
const address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
const leaving: LeaveView = {
  address,
  channelsOpen: 0,
  channelsClosing: 1,
  claimableSat: "0",
  sent: [],
  done: false,
};
function olderState(change: Partial<OlderStateView>): Frame {
  const view: OlderStateView = {
    stage: "asked",
    side: "own",
    at: fixtureNow - 9 * minute,
    untilAt: fixtureNow + 51 * minute,
    amountSat: null,
    ...change,
  };
  return page({ name: "older-state" }, { wallet: { snapshot: { olderState: view } } });
}

const toAddress: readonly Step[] = [{ press: "leave.continue" }, { seen: "leave.address" }];

function opening(state: Frame["opening"], steps: readonly Step[] = []): Frame {
  return {
    screen: () => (
      <OpenSession unlocked={{ secret: frameSecret, slot: 0 }} start="known" onWiped={noop}>
        {null}
      </OpenSession>
    ),
    opening: state,
    steps,
  };
}

function lock(attempts?: Frame["attempts"], steps: readonly Step[] = []): Frame {
  return {
    screen: () => <LockScreen onUnlocked={noop} onDeleteEverything={noop} />,
    hasVault: true,
    ...(attempts === undefined ? {} : { attempts }),
    steps,
  };
}

/** The states of all other screens, by name. */
export const otherFrames: Readonly<Record<string, Frame>> = {
  language: { screen: () => onboarding, noLanguage: true },
  start: { screen: () => onboarding },
  restore: { screen: () => onboarding, steps: [{ press: "start.restore" }] },
  "restore-wrong": {
    screen: () => onboarding,
    steps: [
      { press: "start.restore" },
      { type: "river market mango lunchbox", into: "restore.words" },
      { press: "restore.continue" },
    ],
  },
  "pin-choose": { screen: () => onboarding, steps: toPin },
  "pin-easy": { screen: () => onboarding, steps: [...toPin, ...pinSteps("choose-pin", "111111")] },
  "pin-again": {
    screen: () => onboarding,
    steps: [...toPin, ...pinSteps("choose-pin"), ...pinSteps("choose-pin", "258")],
  },
  "pin-different": {
    screen: () => onboarding,
    steps: [...toPin, ...pinSteps("choose-pin"), ...pinSteps("choose-pin", "258015")],
  },
  lock: lock(undefined, pinSteps("lock", "258")),
  "lock-wrong": lock({ wrong: 1, lockedUntil: 0, at: 0 }, pinSteps("lock", "258025")),
  "lock-waits": lock({ wrong: 5, lockedUntil: fixtureNow + 5 * minute, at: fixtureNow }),
  forgot: lock(undefined, [{ press: "lock.forgot" }]),
  "words-pin": { screen: () => <RecoveryWordsScreen onWiped={noop} />, hasVault: true },
  words: { screen: () => <RecoveryWordsScreen onWiped={noop} />, hasVault: true, steps: toWords },
  quiz: {
    screen: () => <RecoveryWordsScreen onWiped={noop} />,
    hasVault: true,
    steps: [...toWords, { press: "words.written" }],
  },
  settings: settings({ wordsChecked: true }),
  "settings-due": settings({ hideAmounts: true }, { wipeAfterTen: true }),
  advanced: {
    screen: () => onboarding,
    steps: [{ press: "start.advanced" }, { seen: "advanced" }],
  },
  "auto-lock": page({ name: "auto-lock" }),
  "pin-limit": page({ name: "pin-limit" }),
  theme: page({ name: "theme" }),
  wipe: page({ name: "wipe" }),
  devices: page({ name: "devices" }, { wallet: { answers: { devices: () => ok(devices) } } }),
  "devices-asking": page({ name: "devices" }, { wallet: { pending: ["devices"] } }),
  "devices-offline": page(
    { name: "devices" },
    { wallet: { answers: { devices: () => err("network_unreachable", "", "unknown") } } },
  ),
  "devices-revoke": page(
    { name: "devices" },
    {
      wallet: { answers: { devices: () => ok(devices) } },
      steps: [{ press: "devices.old" }, { seen: "devices.revoke" }],
    },
  ),
  seal: page({ name: "seal" }, { hasVault: true, deviceEncryption: "ready" }),
  "seal-none": page({ name: "seal" }, { hasVault: true }),
  "seal-on": page(
    { name: "seal" },
    {
      hasVault: true,
      deviceEncryption: "ready",
      preferences: { wordsChecked: true },
      steps: [{ press: "seal.change" }, ...pinSteps("seal-pin"), { seen: "seal.on" }],
    },
  ),
  "seal-offer": {
    screen: () => (
      <DeviceEncryptionOffer
        unlocked={{ secret: frameSecret, slot: 0, deviceKey: new Uint8Array(32) }}
        onDone={noop}
      />
    ),
  },
  server: page({ name: "server" }, { wallet: { answers: { node: () => ok(node) } } }),
  "server-money": page(
    { name: "server" },
    { wallet: { answers: { node: () => ok(node), leave: () => ok(null) } } },
  ),
  leave: page({ name: "leave" }, { wallet: { answers: { leave: () => ok(null) } } }),
  "leave-address": page(
    { name: "leave" },
    {
      wallet: { answers: { leave: () => ok(null) } },
      steps: [...toAddress, { type: address, into: "leave.field" }],
    },
  ),
  "leave-confirm": page(
    { name: "leave" },
    {
      wallet: {
        answers: {
          leave: () => ok(null),
          decode: () =>
            ok({ invoice: null, address, amountMsat: null, label: null, message: null }),
        },
      },
      steps: [...toAddress, { type: address, into: "leave.field" }, { press: "leave.use" }],
    },
  ),
  "leave-progress": page(
    { name: "leave" },
    {
      wallet: { answers: { leave: () => ok(leaving) } },
      steps: [{ seen: "leave.progress" }],
    },
  ),
  components: { screen: () => <ComponentsScreen /> },
  "leave-stuck": page(
    { name: "leave" },
    {
      wallet: { answers: { leave: () => ok({ ...leaving, channelsOpen: 1, channelsClosing: 0 }) } },
      steps: [{ seen: "leave.ask-again" }],
    },
  ),
  "leave-force": page(
    { name: "leave" },
    {
      wallet: { answers: { leave: () => ok({ ...leaving, channelsOpen: 1, channelsClosing: 0 }) } },
      steps: [{ press: "leave.force" }, { seen: "leave.force.hold" }],
    },
  ),
  "leave-risk": page(
    { name: "leave" },
    {
      wallet: {
        answers: {
          leave: () => ok({ ...leaving, channelsOpen: 1, channelsClosing: 0 }),
          closeChannels: () => err("backup_unverified", "", "safe"),
        },
      },
      steps: [
        { press: "leave.force" },
        { press: "leave.force.hold" },
        { press: "leave.force.hold" },
        { seen: "leave.risk.hold" },
      ],
    },
  ),
  "older-state-unconfirmed": olderState({
    stage: "unconfirmed",
    at: fixtureNow - 20_000,
    untilAt: null,
  }),
  "older-state-asked": olderState({ stage: "asked" }),
  "older-state-late": olderState({ stage: "asked", untilAt: fixtureNow - minute }),
  "older-state-confirming": olderState({ stage: "confirming" }),
  "older-state-sweeping": olderState({ stage: "sweeping", amountSat: "121003" }),
  "older-state-peer": olderState({ stage: "asked", side: "peer" }),
  "older-state-done": page({ name: "older-state" }),
  "leave-done": page(
    { name: "leave" },
    {
      wallet: {
        answers: {
          leave: () =>
            ok({
              ...leaving,
              channelsClosing: 0,
              sent: [{ txid: id("7c"), amountSat: "144210" }],
              done: true,
            }),
        },
      },
      steps: [{ press: "leave.last" }],
    },
  ),
  loading: {
    screen: () => (
      <LazyPage>
        <NeverLoads />
      </LazyPage>
    ),
  },
  broken: { screen: () => <PageBroken onAgain={noop} /> },
  help: page({ name: "help" }, { steps: [{ press: "help.1" }] }),
  node: {
    ...page({ name: "node" }),
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
  "node-empty": page(
    { name: "node" },
    { wallet: { answers: { node: () => ok({ ...node, logs: [] }) } } },
  ),
  "node-loading": page({ name: "node" }, { wallet: { pending: ["node"] } }),
  "change-pin": {
    ...page({ name: "change-pin" }),
    hasVault: true,
    steps: [...pinSteps("change-pin-pin"), { seen: "change-pin" }],
  },
  "change-pin-done": {
    ...page({ name: "change-pin" }),
    hasVault: true,
    steps: [
      ...pinSteps("change-pin-pin"),
      { seen: "change-pin" },
      ...pinSteps("change-pin", "693014"),
      ...pinSteps("change-pin", "693014"),
      { seen: "change-pin-done" },
    ],
  },
  decoy: {
    ...page({ name: "decoy" }),
    hasVault: true,
    steps: [...pinSteps("decoy-pin"), { seen: "decoy" }],
  },
  opening: opening("pending"),
  "open-failed": opening("fails", [{ seen: "open-failed" }]),
  held: opening("held", [{ seen: "held" }]),
};
