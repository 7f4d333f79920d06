import type { Info } from "@satsconnect/contracts";
import { useEffect, useState } from "react";
import { useWallet } from "../node/use-wallet.ts";

/** What the operator says of limits and tariffs; null until it has, or where it cannot be asked. */
export function useInfo(): Info | null {
  const wallet = useWallet();
  const [info, setInfo] = useState<Info | null>(null);
  useEffect(() => {
    let gone = false;
    const ask = async () => {
      const answer = await wallet.call("info", {});
      if (!gone && answer.ok) setInfo(answer.value);
    };
    void ask();
    return () => {
      gone = true;
    };
  }, [wallet]);
  return info;
}
