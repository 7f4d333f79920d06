import { AppRegistry } from "react-native";
import { SafeAreaProvider } from "react-native-safe-area-context";
import { useState, useSyncExternalStore } from "react";
import type { ReactElement } from "react";
import { ThemeProvider } from "../design/theme.tsx";
import { moneyEn } from "../i18n/catalogues/money-screens.en.ts";
import { moneySw } from "../i18n/catalogues/money-screens.sw.ts";
import type { Language } from "../settings/settings.ts";
import { MoneyProvider } from "../money/use-money.ts";
import { createNavigation, NavigationProvider } from "../navigation/navigation.ts";
import { WalletProvider } from "../node/use-wallet.ts";
import { SessionProvider } from "../session/use-session.ts";
import type { Session } from "../session/use-session.ts";
import { deleteWalletPreferences, openWalletPreferences } from "../settings/wallet-preferences.ts";
import { changeSettings } from "../settings/settings.ts";
import { createVault, deleteVault } from "../vault/vault.ts";
import { setDeviceEncryption } from "./device-encryption.ts";
import { fixtureWallet } from "./fixture-wallet.ts";
import { framePin } from "./frame.ts";
import type { Frame, Step } from "./frame.ts";
import { showCamera } from "./camera.ts";
import { findLayoutFaults } from "./find-layout-faults.ts";
import { freeTexts, moneyScreenFrames } from "./money-screen-frames.tsx";
import { setOpening } from "./open-wallet.ts";
import { frameSecret, otherFrames } from "./other-frames.tsx";

/*
 * Every screen in every state, without a wallet behind it: for pictures and for tests of the layout. A separate bundle
 * that the app does not include. `#buy-pin/dark/sw` shows one frame; `showFrame` does the same for a script and
 * resolves when the picture can be taken.
 */

export type Showing = {
  readonly name: string;
  readonly theme: "light" | "dark";
  readonly language: Language;
  /** 1 to 2. */
  readonly textScale?: number;
  readonly reducedMotion?: boolean;
};

declare global {
  var frameNames: readonly string[];
  var showFrame: (showing: Showing) => Promise<void>;
  var frameFaults: () => readonly string[];
}

const frames: Readonly<Record<string, Frame>> = { ...otherFrames, ...moneyScreenFrames };
const noop = () => undefined;
const attemptsKey = "satsconnect.attempts";
let shown: { readonly count: number; readonly showing: Showing | null } = {
  count: 0,
  showing: null,
};
let session: Session | null = null;
const listeners = new Set<() => void>();

function show(showing: Showing | null): void {
  shown = { count: shown.count + 1, showing };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

function Frames(): ReactElement | null {
  const { count, showing } = useSyncExternalStore(subscribe, () => shown);
  const frame = showing === null ? undefined : frames[showing.name];
  if (showing === null || frame === undefined || session === null) return null;
  return <Shown key={count} frame={frame} showing={showing} session={session} />;
}

async function showFrame(showing: Showing): Promise<void> {
  const frame = frames[showing.name];
  if (frame === undefined) throw new Error(`There is no frame ${showing.name}`);
  show(null);
  await settled();
  session = await prepare(frame, showing);
  show(showing);
  await settled();
  for (const step of frame.steps ?? []) await take(step, showing.name);
  await document.fonts.ready;
  await drawn();
  await drawn();
}

async function prepare(frame: Frame, { theme, language }: Showing): Promise<Session> {
  await deleteVault();
  deleteWalletPreferences();
  const created = await createVault(frameSecret, framePin);
  if (!created.ok) throw new Error(created.error.message);
  const unlocked = created.value;
  if (frame.hasVault !== true) await deleteVault();
  const preferences = openWalletPreferences(unlocked);
  if (frame.preferences !== undefined) preferences.change(frame.preferences);
  if (frame.attempts !== undefined)
    localStorage.setItem(attemptsKey, JSON.stringify(frame.attempts));
  setOpening(frame.opening ?? "open");
  setDeviceEncryption(frame.deviceEncryption ?? "none");
  showCamera(frame.camera ?? "none");
  changeSettings({
    currencyFirst: "kes",
    wipeAfterTen: false,
    lockAfterMs: 60_000,
    askPinAboveKesCents: "500000",
    ...frame.deviceSettings,
    theme,
    language: frame.noLanguage === true ? null : language,
  });
  return {
    slot: unlocked.slot,
    walletId: frameSecret.walletId,
    preferences,
    askPin: async () => true,
  };
}

type ShownProps = { readonly frame: Frame; readonly showing: Showing; readonly session: Session };

function Shown({ frame, showing, session: open }: ShownProps): ReactElement {
  const [navigation] = useState(() => createNavigation());
  const [client] = useState(() => fixtureWallet(frame.wallet));
  return (
    <SafeAreaProvider>
      <ThemeProvider
        choice={showing.theme}
        textScale={showing.textScale ?? 1}
        reducedMotion={showing.reducedMotion ?? false}
        language={showing.language}
      >
        <NavigationProvider value={navigation}>
          <SessionProvider value={open}>
            <WalletProvider client={client}>
              <MoneyProvider
                value={{
                  words: showing.language === "sw" ? moneySw : moneyEn,
                  // A frame shows one screen, so navigation does nothing.
                  navigation: { go: noop, replace: noop, reset: noop, back: noop },
                  settings: {
                    currencyFirst: "kes",
                    setCurrencyFirst: noop,
                    hideAmounts: false,
                    setHideAmounts: noop,
                    msisdn: "254712345408",
                    setMsisdn: noop,
                    wordsDue: false,
                    ...frame.settings,
                  },
                  authorize: async () => true,
                }}
              >
                {frame.screen()}
              </MoneyProvider>
            </WalletProvider>
          </SessionProvider>
        </NavigationProvider>
      </ThemeProvider>
    </SafeAreaProvider>
  );
}

const timeoutMs = 4_000;

async function take(step: Step, name: string): Promise<void> {
  const id = "press" in step ? step.press : "into" in step ? step.into : step.seen;
  const selector = `[data-testid="${id}"]`;
  const until = performance.now() + timeoutMs;
  let found = document.querySelector<HTMLElement>(selector);
  while (found === null || found.ariaDisabled === "true") {
    if (performance.now() > until) throw new Error(`${name}: ${id} did not appear or is disabled`);
    await settled();
    found = document.querySelector<HTMLElement>(selector);
  }
  // A button that was just enabled attaches its handlers a moment later.
  await settled();
  if ("press" in step) found.click();
  if ("type" in step) write(found, step.type);
  await settled();
}

/** Sets a field's text as typing would: React only notices a value that is set through the element's own setter. */
function write(field: HTMLElement, text: string): void {
  const kind =
    field instanceof HTMLTextAreaElement
      ? HTMLTextAreaElement.prototype
      : HTMLInputElement.prototype;
  Object.getOwnPropertyDescriptor(kind, "value")?.set?.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Resolves when React has rendered; the browser may not have painted yet. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1)
    await new Promise((resolve) => {
      setTimeout(resolve, 0);
    });
}

function drawn(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve, 0));
  });
}

AppRegistry.registerComponent("frames", () => Frames);
AppRegistry.runApplication("frames", { rootTag: document.querySelector("#root") });
globalThis.frameNames = Object.keys(frames);
globalThis.showFrame = showFrame;
globalThis.frameFaults = () => findLayoutFaults(freeTexts);

function showAddress(): void {
  const [name = "", theme = "", language = "", scale = "1"] = location.hash.slice(1).split("/");
  if (!(name in frames)) return;
  void showFrame({
    name,
    theme: theme === "dark" ? "dark" : "light",
    language: language === "sw" ? "sw" : "en",
    textScale: Number(scale),
  });
}
addEventListener("hashchange", showAddress);
showAddress();
