import type { ContactsView } from "@satsconnect/wallet/client";
import { useEffect, useState } from "react";
import { useWallet } from "../node/use-wallet.ts";

const noContacts: ContactsView = { own: null, recipients: [] };

/** The M-Pesa numbers this wallet has used; empty until they are loaded. */
export function useContacts(): ContactsView {
  const wallet = useWallet();
  const [contacts, setContacts] = useState(noContacts);
  useEffect(() => {
    let isUnmounted = false;
    void wallet.call("contacts", {}).then((answer) => {
      if (!isUnmounted && answer.ok) setContacts(answer.value);
    });
    return () => {
      isUnmounted = true;
    };
  }, [wallet]);
  return contacts;
}
