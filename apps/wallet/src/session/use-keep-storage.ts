import { useEffect } from "react";
import { useSnapshot } from "../node/use-wallet.ts";
import { keepStorage } from "../platform/keep-storage";

/** Asks the system to keep this wallet's storage, once there is money or a payment in it. Some browsers ask the person. */
export function useKeepStorage(): void {
  const { balance, moving, recent } = useSnapshot();
  const isWorthKeeping =
    moving.length > 0 || recent.length > 0 || (balance !== null && BigInt(balance.totalMsat) > 0n);
  useEffect(() => {
    if (isWorthKeeping) void keepStorage();
  }, [isWorthKeeping]);
}
