import type { ContactsView } from "@satsconnect/wallet/client";
import { useEffect, useState } from "react";
import { useWallet } from "../node/use-wallet.ts";

const nobody: ContactsView = { own: null, recipients: [] };

/** Whom this wallet dealt with over M-Pesa; nobody until it has said so. */
export function useContacts(): ContactsView {
  const wallet = useWallet();
  const [people, setPeople] = useState(nobody);
  useEffect(() => {
    let gone = false;
    void wallet.call("contacts", {}).then((answer) => {
      if (!gone && answer.ok) setPeople(answer.value);
    });
    return () => {
      gone = true;
    };
  }, [wallet]);
  return people;
}
