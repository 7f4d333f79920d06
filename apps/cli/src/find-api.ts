import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { CommandFailed } from "./command-failed.ts";

const systemFile = z.object({
  pid: z.number(),
  apiUrl: z.url(),
  simulatorUrl: z.url().optional(),
});

/** Where the operator's API answers, and where the virtual handset is, if there is one. */
export type Surroundings = { readonly apiUrl: string; readonly handsetUrl: string | null };

/** Finds the running system: `--api`, else what `npm start` has left in its state folder. */
export function findSystem(home: string, api: string | undefined): Surroundings {
  if (api !== undefined) return { apiUrl: api.replace(/\/$/u, ""), handsetUrl: null };
  const file = path.join(home, "system.json");
  if (!existsSync(file)) {
    throw new CommandFailed(
      "system_not_running",
      "No system runs here. Start one with `npm start`, or name an operator with `--api URL`.",
    );
  }
  const found = systemFile.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!found.success) {
    throw new CommandFailed(
      "system_not_running",
      `${file} cannot be read. Run \`npm start\` again.`,
    );
  }
  const { apiUrl, simulatorUrl } = found.data;
  return { apiUrl, handsetUrl: simulatorUrl === undefined ? null : `${simulatorUrl}/handset` };
}
