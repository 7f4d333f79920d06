import { useCallback, useEffect, useState } from "react";
import { SafeAreaProvider } from "react-native-safe-area-context";
import { Page } from "../design/page.tsx";
import { ThemeProvider } from "../design/theme.tsx";
import { useWords } from "../i18n/words.ts";
import { useNavigation } from "../navigation/navigation.ts";
import { deleteWallet, listWallets } from "../node/index.ts";
import { resetAddress } from "../navigation/address";
import { HiddenPageViews } from "../platform/hidden-page-views";
import { useAppFonts } from "../platform/fonts";
import { setPageLanguage } from "../platform/page-language";
import { useReducedMotion } from "../platform/reduced-motion.ts";
import { isStorageKept } from "../platform/storage";
import { TouchListener } from "../platform/touch-listener";
import { useTextScale } from "../platform/text-scale";
import { FirstMinute } from "../screens/first-minute.tsx";
import { LockScreen } from "../screens/pin/lock-screen.tsx";
import { Statement } from "../screens/parts/notice.tsx";
import { resumeDeletingWallets, deleteAllWallets } from "../session/delete-wallets.ts";
import type { StorageLocations } from "../session/delete-wallets.ts";
import { ErrorBoundary } from "./error-boundary.tsx";
import { LazyPage } from "../screens/lazy-page.tsx";
import { OpenSession } from "./open-session.tsx";
import { Pages } from "./pages.tsx";
import { DeviceEncryptionOffer } from "../screens/lazy-screens.ts";
import { useAutoLock } from "../session/use-auto-lock.ts";
import { newWalletStorageId } from "../session/wallet-id.ts";
import { resetSettings, useSettings } from "../settings/settings.ts";
import { deleteWalletPreferences, openWalletPreferences } from "../settings/wallet-preferences.ts";
import { deviceEncryption } from "../vault/device-encryption";
import { createVault, deleteVault, followVault, hasVault } from "../vault/vault.ts";
import type { Unlocked } from "../vault/vault.ts";

const places: StorageLocations = { list: listWallets, forget: deleteWallet };

type Session =
  | { readonly name: "first" }
  | { readonly name: "locked" }
  | {
      /** A new wallet is there; the stronger lock is offered before it opens. */
      readonly name: "offer";
      readonly unlocked: Unlocked;
      readonly start: "new" | "restored";
    }
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
  const textScale = useTextScale();
  const reducedMotion = useReducedMotion();
  useEffect(() => {
    setPageLanguage(language ?? "en");
  }, [language]);
  if (!ready) return null;
  return (
    <SafeAreaProvider>
      <ThemeProvider
        choice={theme}
        textScale={textScale}
        reducedMotion={reducedMotion}
        language={language ?? "en"}
      >
        <ErrorBoundary onAgain={resetAddress}>
          <TouchListener>{isStorageKept ? <AppRoot /> : <NothingKept />}</TouchListener>
        </ErrorBoundary>
        <HiddenPageViews />
      </ThemeProvider>
    </SafeAreaProvider>
  );
}

function AppRoot() {
  const { lockAfterMs } = useSettings();
  const [session, setSession] = useState<Session>(() => ({
    name: hasVault() ? "locked" : "first",
  }));
  const lock = useCallback(() => {
    setSession((now) => (now.name === "open" ? { name: "locked" } : now));
  }, []);
  useAutoLock(lockAfterMs, lock);
  useEffect(() => {
    void resumeDeletingWallets(places);
  }, []);
  useEffect(
    () =>
      followVault(() => {
        setSession({ name: "first" });
      }),
    [],
  );
  const forget = () => {
    void deleteVault();
    deleteWalletPreferences();
    resetSettings();
    setSession({ name: "first" });
    void deleteAllWallets(places);
  };
  switch (session.name) {
    case "first":
      return (
        <FirstMinute
          onWallet={async ({ mnemonic, passphrase, restored, pin, server }) => {
            const secret = { mnemonic, passphrase, walletId: newWalletStorageId() };
            const created = await createVault(secret, pin);
            if (!created.ok) {
              // made in another tab meanwhile: that one is the wallet here
              setSession({ name: "locked" });
              return;
            }
            const unlocked = created.value;
            deleteWalletPreferences();
            if (server !== null)
              openWalletPreferences(unlocked).change({
                server,
                places: { [server]: secret.walletId },
              });
            const start = restored ? "restored" : "new";
            const isOffered = (await deviceEncryption.availability()) === "ready";
            setSession(
              isOffered
                ? { name: "offer", unlocked, start }
                : { name: "open", unlocked: withoutDeviceKey(unlocked), start },
            );
          }}
        />
      );
    case "offer": {
      const { unlocked, start } = session;
      return (
        <LazyPage>
          <DeviceEncryptionOffer
            unlocked={unlocked}
            onDone={() => {
              setSession({ name: "open", unlocked: withoutDeviceKey(unlocked), start });
            }}
          />
        </LazyPage>
      );
    }
    case "locked":
      return (
        <LockScreen
          onForget={forget}
          onUnlocked={(unlocked) => {
            setSession({ name: "open", unlocked: withoutDeviceKey(unlocked), start: "known" });
          }}
        />
      );
    case "open":
      return (
        <OpenSession unlocked={session.unlocked} start={session.start} onWiped={forget}>
          <PagesWithErrorBoundary onLock={lock} onWiped={forget} />
        </OpenSession>
      );
  }
}

function NothingKept() {
  const { shell } = useWords();
  return (
    <Page testID="no-storage" title={shell.name}>
      <Statement detail={shell.noStorageDetail}>{shell.noStorage}</Statement>
    </Page>
  );
}

/** The pages of an open wallet; one that breaks leads home. */
function PagesWithErrorBoundary(props: {
  readonly onLock: () => void;
  readonly onWiped: () => void;
}) {
  const navigation = useNavigation();
  return (
    <ErrorBoundary
      onAgain={() => {
        navigation.reset({ name: "home" });
      }}
    >
      <Pages {...props} />
    </ErrorBoundary>
  );
}

function withoutDeviceKey({ secret, slot }: Unlocked): Pick<Unlocked, "secret" | "slot"> {
  return { secret, slot };
}
