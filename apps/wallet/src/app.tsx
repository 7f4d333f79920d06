import { useCallback, useEffect, useState } from "react";
import { SafeAreaProvider } from "react-native-safe-area-context";
import { ThemeProvider } from "./design/theme.tsx";
import { forgetWallet, listWallets } from "./node/index.ts";
import { useAppFonts } from "./platform/fonts";
import { FirstMinute } from "./screens/first-minute/first-minute.tsx";
import { LockScreen } from "./screens/pin/lock-screen.tsx";
import { OpenSession } from "./session/open-session.tsx";
import { Pages } from "./session/pages.tsx";
import { useAutoLock } from "./session/use-auto-lock.ts";
import { newWalletId } from "./session/wallet-id.ts";
import { forgetSettings, useSettings } from "./settings/settings.ts";
import { forgetOwn } from "./settings/own.ts";
import { createVault, deleteVault, hasVault } from "./vault/vault.ts";
import type { Unlocked } from "./vault/vault.ts";

type Session =
  | { readonly name: "first" }
  | { readonly name: "locked" }
  | {
      readonly name: "open";
      /** Without the device's key, which is not needed any more. */
      readonly unlocked: Pick<Unlocked, "secret" | "slot">;
      readonly start: "new" | "restored" | "known";
    };

/** The app: fonts, theme, and what is open: the first minute, the lock, or the wallet. */
export function App() {
  const ready = useAppFonts();
  const { theme, language } = useSettings();
  useEffect(() => {
    // Screen readers choose their voice by it.
    if (typeof document !== "undefined") document.documentElement.lang = language ?? "en";
  }, [language]);
  if (!ready) return null;
  return (
    <SafeAreaProvider>
      <ThemeProvider choice={theme}>
        <Book />
      </ThemeProvider>
    </SafeAreaProvider>
  );
}

function Book() {
  const { lockAfterMs } = useSettings();
  const [session, setSession] = useState<Session>(() => ({
    name: hasVault() ? "locked" : "first",
  }));
  const lock = useCallback(() => {
    setSession((now) => (now.name === "open" ? { name: "locked" } : now));
  }, []);
  useAutoLock(lockAfterMs, lock);
  const forget = () => {
    void deleteVault();
    forgetOwn();
    forgetSettings();
    setSession({ name: "first" });
    void listWallets().then((ids) => Promise.all(ids.map((id) => forgetWallet(id))));
  };
  switch (session.name) {
    case "first":
      return (
        <FirstMinute
          onWallet={async ({ mnemonic, passphrase, restored, pin }) => {
            const secret = { mnemonic, passphrase, walletId: newWalletId() };
            forgetOwn();
            const { slot } = await createVault(secret, pin);
            const unlocked = { secret, slot };
            setSession({ name: "open", unlocked, start: restored ? "restored" : "new" });
          }}
        />
      );
    case "locked":
      return (
        <LockScreen
          onForget={forget}
          onUnlocked={({ secret, slot }) => {
            setSession({ name: "open", unlocked: { secret, slot }, start: "known" });
          }}
        />
      );
    case "open":
      return (
        <OpenSession unlocked={session.unlocked} start={session.start} onWiped={forget}>
          <Pages onLock={lock} onWiped={forget} />
        </OpenSession>
      );
  }
}
