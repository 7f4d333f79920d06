import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { CommandFailed, badInput } from "./command-failed.ts";

const systemFile = z.object({
  pid: z.number(),
  apiUrl: z.url(),
  simulatorUrl: z.url().optional(),
});

/** URL of the operator's API, and of the simulator's handset if `npm start` runs one. */
export type ApiLocation = { readonly apiUrl: string; readonly handsetUrl: string | null };

/**
 * Esplora servers of others than the operator, from `--esplora` or the environment.
 * @throws CommandFailed with exit code 2 for anything that is no URL
 */
export function readEsploraUrls(list: string): readonly string[] {
  const urls = list
    .split(",")
    .map((url) => url.trim())
    .filter((url) => url !== "");
  const isUrl = z.url({ protocol: /^https?$/u });
  for (const url of urls) {
    if (!isUrl.safeParse(url).success)
      throw badInput("arguments_invalid", `--esplora takes URLs, but got “${url.slice(0, 80)}”.`);
  }
  return urls;
}

/** The API from `--api`, or the one that `npm start` recorded in the state folder. @throws CommandFailed */
export function findApi(stateFolder: string, api: string | undefined): ApiLocation {
  if (api !== undefined) return { apiUrl: api.replace(/\/$/u, ""), handsetUrl: null };
  const file = path.join(stateFolder, "system.json");
  if (!existsSync(file)) {
    throw new CommandFailed(
      "system_not_running",
      "No running system found. Start one with `npm start`, or name an operator with `--api URL`.",
    );
  }
  const found = systemFile.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!found.success) {
    throw new CommandFailed("system_not_running", `${file} is malformed. Run \`npm start\` again.`);
  }
  const { apiUrl, simulatorUrl } = found.data;
  return { apiUrl, handsetUrl: simulatorUrl === undefined ? null : `${simulatorUrl}/handset` };
}
