import { createAdminClient } from "@satsconnect/contracts/admin";

/** Calls the admin API on this page's own origin, with the session's cookie. */
export const admin = createAdminClient({ baseUrl: "" });
