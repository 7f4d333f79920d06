import type { PeopleView } from "@satsconnect/wallet/client";
import { useEffect, useState } from "react";
import { useWallet } from "../node/use-wallet.ts";

const nobody: PeopleView = { own: null, recipients: [] };

/** Whom this wallet dealt with over M-Pesa; nobody until it has said so. */
export function useContacts(): PeopleView {
  const wallet = useWallet();
  const [people, setPeople] = useState(nobody);
  useEffect(() => {
    let gone = false;
    void wallet.call("people", {}).then((answer) => {
      if (!gone && answer.ok) setPeople(answer.value);
    });
    return () => {
      gone = true;
    };
  }, [wallet]);
  return people;
}
