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
import { Onboarding } from "../screens/onboarding.tsx";
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
import { newWalletStorageId } from "../settings/wallet-storage-id.ts";
import { resetSettings, useSettings } from "../settings/settings.ts";
import { deleteWalletPreferences, openWalletPreferences } from "../settings/wallet-preferences.ts";
import { deviceEncryption } from "../vault/device-encryption";
import { createVault, deleteVault, followVault, hasVault } from "../vault/vault.ts";
import type { Unlocked } from "../vault/vault.ts";

const storageLocations: StorageLocations = { list: listWallets, delete: deleteWallet };

type Session =
  | { readonly name: "onboarding" }
  | { readonly name: "locked" }
  | {
      /** A new wallet was created; device encryption is offered before it opens. */
      readonly name: "offer";
      readonly unlocked: Unlocked;
      readonly start: "new" | "restored";
    }
  | {
      readonly name: "open";
      /** Without the device key, which is not needed once the vault is open. */
      readonly unlocked: Pick<Unlocked, "secret" | "slot">;
      readonly start: "new" | "restored" | "known";
    };

/** The app: fonts and theme around the onboarding, the lock screen or the open wallet. */
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
          <TouchListener>{isStorageKept ? <AppRoot /> : <NoStorage />}</TouchListener>
        </ErrorBoundary>
        <HiddenPageViews />
      </ThemeProvider>
    </SafeAreaProvider>
  );
}

function AppRoot() {
  const { lockAfterMs } = useSettings();
  const [session, setSession] = useState<Session>(() => ({
    name: hasVault() ? "locked" : "onboarding",
  }));
  const lock = useCallback(() => {
    setSession((now) => (now.name === "open" ? { name: "locked" } : now));
  }, []);
  useAutoLock(lockAfterMs, lock);
  useEffect(() => {
    void resumeDeletingWallets(storageLocations);
  }, []);
  useEffect(
    () =>
      followVault(() => {
        setSession({ name: "onboarding" });
      }),
    [],
  );
  const deleteEverything = () => {
    void deleteVault();
    deleteWalletPreferences();
    resetSettings();
    setSession({ name: "onboarding" });
    void deleteAllWallets(storageLocations);
  };
  switch (session.name) {
    case "onboarding":
      return (
        <Onboarding
          onWallet={async ({ mnemonic, passphrase, restored, pin, server }) => {
            const secret = { mnemonic, passphrase, walletId: newWalletStorageId() };
            const created = await createVault(secret, pin);
            if (!created.ok) {
              // another tab created a wallet in the meantime: keep that one
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
          onDeleteEverything={deleteEverything}
          onUnlocked={(unlocked) => {
            setSession({ name: "open", unlocked: withoutDeviceKey(unlocked), start: "known" });
          }}
        />
      );
    case "open":
      return (
        <OpenSession unlocked={session.unlocked} start={session.start} onWiped={deleteEverything}>
          <PagesWithErrorBoundary onLock={lock} onWiped={deleteEverything} />
        </OpenSession>
      );
  }
}

function NoStorage() {
  const { shell } = useWords();
  return (
    <Page testID="no-storage" title={shell.name}>
      <Statement detail={shell.noStorageDetail}>{shell.noStorage}</Statement>
    </Page>
  );
}

/** The pages of an open wallet. When one fails to render, its error page leads back to the home screen. */
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
