import { headActions, headGetSchema, headPutSchema } from "@satsconnect/contracts/watchtower";
import { ok } from "@satsconnect/money";
import type { Heads } from "../store/heads.ts";
import { action } from "./actions.ts";
import type { Actions } from "./actions.ts";

/** The actions that keep the heads of wallets' backups. */
export function headActionsOf(heads: Heads): Actions {
  return {
    [headActions.put]: action(headPutSchema, (head, { key, now }) => ok(heads.put(key, head, now))),
    [headActions.get]: action(headGetSchema, (_body, { key }) => ok({ head: heads.get(key) })),
  };
}
