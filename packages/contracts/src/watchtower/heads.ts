import { z } from "zod";

/** Actions that keep the head of a wallet's backup at a watchtower. See `docs/backup.md`. */
export const headActions = { put: "head.put", get: "head.get" } as const;

/**
 * A backup's head as the tower keeps it. The tower can read the counter only; the rest is encrypted by the wallet. A
 * tower never replaces a head by one with a lower counter.
 */
export const headPutSchema = z.object({
  counter: z.int().nonnegative(),
  /** Base64, at most 512 characters. */
  sealed: z
    .string()
    .regex(/^[A-Za-z0-9+/]+={0,2}$/u)
    .max(512),
});
export type TowerHead = z.infer<typeof headPutSchema>;

export const headGetSchema = z.object({});

/** `accepted` is false if the tower has a head with a higher counter, or another one with the same: it is in `head`. */
export const headPutAnswerSchema = z.object({ accepted: z.boolean(), head: headPutSchema });
export type HeadPutAnswer = z.infer<typeof headPutAnswerSchema>;

export const headGetAnswerSchema = z.object({ head: headPutSchema.nullable() });
export type HeadGetAnswer = z.infer<typeof headGetAnswerSchema>;
