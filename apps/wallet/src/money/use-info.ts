import type { Info } from "@satsconnect/contracts";
import { useEffect, useState } from "react";
import { useWallet } from "../node/use-wallet.ts";

/** The operator's limits and tariffs; null until they arrive, or while the operator is unreachable. */
export function useInfo(): Info | null {
  const wallet = useWallet();
  const [info, setInfo] = useState<Info | null>(null);
  useEffect(() => {
    let isUnmounted = false;
    const load = async () => {
      const answer = await wallet.call("info", {});
      if (!isUnmounted && answer.ok) setInfo(answer.value);
    };
    void load();
    return () => {
      isUnmounted = true;
    };
  }, [wallet]);
  return info;
}
