/** The protocol between wallets and a watchtower (`apps/watchtower`): signed requests, and signed answers. */
export { formatTowerAddress, parseTowerAddress } from "./address.ts";
export type { TowerAddress } from "./address.ts";
export { createTowerClient } from "./client.ts";
export type { TowerClient, TowerClientOptions, TowerFailureCode } from "./client.ts";
export {
  headActions,
  headGetAnswerSchema,
  headGetSchema,
  headPutAnswerSchema,
  headPutSchema,
} from "./heads.ts";
export type { HeadGetAnswer, HeadPutAnswer, TowerHead } from "./heads.ts";
export {
  answerDigest,
  isSignedBy,
  maxTowerRequestBytes,
  requestDigest,
  signedAnswerSchema,
  signedRequestSchema,
  towerAnswerSchema,
  towerKey,
} from "./signatures.ts";
export type { SignedAnswer, SignedRequest, TowerAnswer, TowerKey } from "./signatures.ts";
