import { newMnemonic } from "@satsconnect/wallet/mnemonic";
import { useState } from "react";
import { Page } from "../../design/page.tsx";
import { Button } from "../../design/button.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { deleteWallet, listWallets } from "../../node/index.ts";
import { useSession } from "../../session/use-session.ts";
import { newWalletStorageId } from "../../settings/wallet-storage-id.ts";
import { changePin, setDecoy } from "../../vault/vault.ts";
import type { Unlocked } from "../../vault/vault.ts";
import { Statement } from "../parts/notice.tsx";
import { ChoosePin } from "../pin/choose-pin.tsx";
import { PinPrompt } from "../pin/lock-screen.tsx";

async function deleteWalletsExcept(kept: readonly string[]): Promise<void> {
  const others = (await listWallets()).filter((id) => !kept.includes(id));
  await Promise.all(others.map((id) => deleteWallet(id)));
}

type Props = { readonly kind: "change-pin" | "decoy"; readonly onWiped: () => void };

/** Asks for the current PIN, then sets a new one for this wallet or for a decoy wallet. */
export function NewPinScreen({ kind, onWiped }: Props) {
  const { shell } = useWords();
  const { done, menu, newPin } = useSettingsWords();
  const navigation = useNavigation();
  const session = useSession();
  const [opened, setOpened] = useState<Unlocked | null>(null);
  const [isDone, setIsDone] = useState(false);
  if (isDone) {
    return (
      <Page
        testID={`${kind}-done`}
        title={kind === "decoy" ? menu.decoy : menu.changePin}
        footColor="button"
        foot={
          <Button icon="check" label={done} onPress={navigation.back} testID={`${kind}.done`} />
        }
      >
        {kind === "decoy" ? (
          <Statement detail={newPin.decoySetDetail}>{newPin.decoySet}</Statement>
        ) : (
          <Statement detail={newPin.pinChangedDetail}>{newPin.pinChanged}</Statement>
        )}
      </Page>
    );
  }
  if (opened === null) {
    return (
      <PinPrompt
        name={`${kind}-pin`}
        title={shell.lockTitle}
        detail={shell.lockDetail}
        onBack={navigation.back}
        onWiped={onWiped}
        onUnlocked={setOpened}
      />
    );
  }
  return (
    <ChoosePin
      name={kind}
      title={kind === "decoy" ? newPin.decoyTitle : shell.pinTitle}
      detail={shell.pinDetail}
      onBack={navigation.back}
      onChosen={async (pin) => {
        const walletId = newWalletStorageId();
        const isStored =
          kind === "change-pin"
            ? await changePin(opened, pin, Date.now())
            : await setDecoy(opened, { mnemonic: newMnemonic(), passphrase: "", walletId }, pin);
        if (!isStored) return newPin.decoyTaken;
        setIsDone(true);
        // The decoy's words overwrote the other slot, so nobody can open the storage of a wallet that was in it:
        // delete it.
        if (kind === "decoy")
          await deleteWalletsExcept([
            opened.secret.walletId,
            walletId,
            ...Object.values(session.preferences.get().places),
          ]);
        return null;
      }}
    />
  );
}
