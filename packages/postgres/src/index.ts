export { migrate } from "./migrate.ts";
export { createDatabase, inTransaction } from "./pool.ts";
export type { Database, Queryable } from "./pool.ts";
