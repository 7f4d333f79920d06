import { useEffect, useState } from "react";
import { HoldToConfirmButton, Button } from "../../design/button.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { useSnapshot, useWallet } from "../../node/use-wallet.ts";
import { apiUrl } from "../../session/api-url";
import { useWalletPreferences, useSession } from "../../session/use-session.ts";
import { newWalletStorageId } from "../../settings/wallet-storage-id.ts";
import { ServerForm } from "./server-form.tsx";

/**
 * Changes the operator. Channels are with the current one, so no money may be left there. The state with each operator
 * has its own storage, so that someone who changes back finds it again.
 */
export function ServerScreen() {
  const { server: words } = useSettingsWords();
  const navigation = useNavigation();
  const { preferences, askPin } = useSession();
  const { server } = useWalletPreferences();
  const remaining = useRemaining();
  const defaultServer = apiUrl();
  return (
    <ServerForm
      current={server ?? defaultServer}
      defaultServer={defaultServer}
      onBack={navigation.back}
      foundNote={words.history}
      refused={
        remaining === "nothing"
          ? null
          : {
              words:
                remaining === "money"
                  ? words.hasMoney
                  : remaining === "moving"
                    ? words.moving
                    : words.unknown,
              ...(remaining === "money"
                ? {
                    action: (
                      <Button
                        icon="send"
                        label={words.toLeave}
                        onPress={() => {
                          navigation.go({ name: "leave" });
                        }}
                        testID="server.leave"
                      />
                    ),
                  }
                : {}),
            }
      }
      accept={(found) => (
        <HoldToConfirmButton
          icon="more"
          labels={{
            rest: words.use,
            holding: words.holding,
            confirm: words.confirm,
            tap: words.tap,
          }}
          onConfirm={() => {
            const change = async () => {
              if (!(await askPin({ title: words.pinTitle, detail: words.pinDetail }))) return;
              const { places } = preferences.get();
              if (found.server === defaultServer) preferences.change({ server: null });
              else
                preferences.change({
                  server: found.server,
                  places: {
                    ...places,
                    [found.server]: places[found.server] ?? newWalletStorageId(),
                  },
                });
            };
            void change();
          }}
          testID="server.hold"
        />
      )}
    />
  );
}

/** Whether money, payments or channels would be left behind with the current operator. */
function useRemaining(): "unknown" | "moving" | "money" | "nothing" {
  const wallet = useWallet();
  const { phase, balance, moving } = useSnapshot();
  const [channels, setChannels] = useState<number | null>(null);
  useEffect(() => {
    let isUnmounted = false;
    const ask = async () => {
      const [node, leave] = await Promise.all([wallet.call("node", {}), wallet.call("leave", {})]);
      if (isUnmounted || !node.ok || !leave.ok) return;
      const isLeaving = leave.value !== null && !leave.value.done;
      setChannels(node.value.channels.length + (isLeaving ? 1 : 0));
    };
    void ask();
    return () => {
      isUnmounted = true;
    };
  }, [wallet, balance]);
  if (phase !== "ready" || balance === null || channels === null) return "unknown";
  if (moving.length > 0) return "moving";
  const isEmpty =
    BigInt(balance.totalMsat) === 0n && BigInt(balance.pendingMsat) === 0n && channels === 0;
  return isEmpty ? "nothing" : "money";
}
