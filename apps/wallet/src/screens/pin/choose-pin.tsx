import { useState } from "react";
import { Type } from "../../design/type.tsx";
import { useWords } from "../../i18n/words.ts";
import { isEasyPin } from "../../vault/easy-pin.ts";
import { PinPage } from "./pin-page.tsx";

type ChoosePinProps = {
  readonly title: string;
  readonly detail: string;
  readonly onBack: () => void;
  /** Resolves with the reason why the PIN was refused, or null when it was accepted. */
  readonly onChosen: (pin: string) => Promise<string | null>;
  readonly name: string;
};

/** Asks for a new PIN twice. */
export function ChoosePin({ title, detail, onBack, onChosen, name }: ChoosePinProps) {
  const { shell } = useWords();
  const [first, setFirst] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const again = first !== null;
  const take = async (pin: string) => {
    if (first === null) {
      if (isEasyPin(pin)) {
        setWrong(shell.pinEasy);
        return;
      }
      setWrong(null);
      setFirst(pin);
      return;
    }
    if (pin !== first) {
      setFirst(null);
      setWrong(shell.pinDifferent);
      return;
    }
    setBusy(true);
    const refused = await onChosen(pin).catch(() => shell.notKept);
    if (refused === null) return;
    setBusy(false);
    setFirst(null);
    setWrong(refused);
  };
  return (
    <PinPage
      key={again ? "again" : "first"}
      name={name}
      title={again ? shell.pinAgain : title}
      detail={detail}
      wrong={wrong}
      busy={busy ? shell.sealing : null}
      onBack={onBack}
      onPin={(pin) => {
        void take(pin);
      }}
      below={
        <Type as="second" color="ink2">
          {shell.pinAlone}
        </Type>
      }
    />
  );
}
