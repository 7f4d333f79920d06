import { seedOf } from "@satsconnect/wallet/mnemonic";
import type { WalletClient } from "@satsconnect/wallet/client";
import { useEffect, useState, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { Page } from "../design/page.tsx";
import { Note, Button } from "../design/button.tsx";
import { useWords } from "../i18n/words.ts";
import { openWalletClient, WalletProvider } from "../node/index.ts";
import { Statement } from "../screens/parts/notice.tsx";
import { openWalletPreferences } from "../settings/wallet-preferences.ts";
import type { Unlocked } from "../vault/vault.ts";
import { walletStorageId } from "../settings/wallet-storage-id.ts";
import { apiUrl, esploraUrls, watchtower } from "../session/api-url";
import { deviceOf } from "../session/device.ts";
import { SessionProviders } from "./session-providers.tsx";

type Opened =
  | { readonly kind: "opening" }
  | { readonly kind: "open"; readonly client: WalletClient }
  | { readonly kind: "held"; readonly takeOver: () => Promise<WalletClient> }
  | { readonly kind: "failed"; readonly message: string };

type OpenSessionProps = {
  readonly unlocked: Pick<Unlocked, "secret" | "slot">;
  readonly start: "new" | "restored" | "known";
  readonly onWiped: () => void;
  readonly children: ReactNode;
};

/** Runs the wallet's node while the session is open, and gives its screens the wallet, navigation and preferences. */
export function OpenSession({ unlocked, start, onWiped, children }: OpenSessionProps) {
  const { shell } = useWords();
  const { secret, slot } = unlocked;
  const [preferences] = useState(() => openWalletPreferences(unlocked));
  const server = useSyncExternalStore(
    preferences.subscribe,
    () => preferences.get().server,
    () => preferences.get().server,
  );
  const walletId = walletStorageId(secret.walletId, preferences.get());
  const [opened, setOpened] = useState<Opened>({ kind: "opening" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let isUnmounted = false;
    let client: WalletClient | null = null;
    setOpened({ kind: "opening" });
    const open = async () => {
      try {
        const answer = await openWalletClient({
          seed: seedOf(secret.mnemonic, secret.passphrase),
          walletId,
          apiUrl: server ?? apiUrl(),
          // another operator may be on another network, and has a backup of its own
          esploraUrls: server === null || server === undefined ? esploraUrls() : [],
          watchtower: server === null || server === undefined ? watchtower() : undefined,
          device: deviceOf(preferences),
          ...(start === "new" && walletId === secret.walletId ? { isNewSeed: true } : {}),
          ...(start === "restored" ? { restore: true } : {}),
        });
        if (answer.kind === "open") client = answer.client;
        if (isUnmounted) void client?.close();
        else setOpened(answer);
      } catch (error) {
        if (!isUnmounted)
          setOpened({ kind: "failed", message: error instanceof Error ? error.message : "" });
      }
    };
    void open();
    return () => {
      isUnmounted = true;
      void client?.close();
    };
  }, [secret, preferences, walletId, server, start, attempt]);
  switch (opened.kind) {
    case "opening":
      return (
        <Page testID="opening" title={shell.name}>
          <Statement>{shell.opening}</Statement>
        </Page>
      );
    case "failed":
      return (
        <Page
          testID="open-failed"
          title={shell.name}
          footColor="button"
          foot={
            <Button
              icon="more"
              label={shell.openAgain}
              onPress={() => {
                setAttempt(attempt + 1);
              }}
              testID="open-failed.again"
            />
          }
        >
          <Statement detail={shell.openFailedDetail}>{shell.openFailed}</Statement>
          {opened.message === "" ? null : <Note color="ink2">{opened.message}</Note>}
        </Page>
      );
    case "held":
      return (
        <Page
          testID="held"
          title={shell.name}
          footColor="button"
          foot={
            <Button
              icon="more"
              label={shell.takeOver}
              onPress={() => {
                void opened.takeOver().then(
                  (client) => {
                    setOpened({ kind: "open", client });
                  },
                  (error: unknown) => {
                    setOpened({
                      kind: "failed",
                      message: error instanceof Error ? error.message : "",
                    });
                  },
                );
              }}
              testID="held.take-over"
            />
          }
        >
          <Statement detail={shell.heldDetail}>{shell.heldTitle}</Statement>
        </Page>
      );
    case "open":
      return (
        <WalletProvider client={opened.client}>
          <SessionProviders
            slot={slot}
            walletId={walletId}
            preferences={preferences}
            onWiped={onWiped}
          >
            {children}
          </SessionProviders>
        </WalletProvider>
      );
  }
}
