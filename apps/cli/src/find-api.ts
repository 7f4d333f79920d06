import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseTowerAddress } from "@satsconnect/contracts/watchtower";
import { z } from "zod";
import { CommandFailed, badInput } from "./command-failed.ts";

const systemFile = z.object({
  pid: z.number(),
  apiUrl: z.url(),
  simulatorUrl: z.url().optional(),
  watchtower: z.string().optional(),
});

/** URL of the operator's API; of the simulator's handset, and the watchtower, if `npm start` runs them. */
export type ApiLocation = {
  readonly apiUrl: string;
  readonly handsetUrl: string | null;
  readonly watchtower: string | undefined;
};

/**
 * A watchtower's address from `--watchtower` or the environment; undefined if it is empty.
 * @throws CommandFailed with exit code 2 for anything that is no address
 */
export function readWatchtower(text: string): string | undefined {
  if (text.trim() === "") return undefined;
  const address = parseTowerAddress(text);
  if (!address.ok) throw badInput("arguments_invalid", `--watchtower: ${address.error.message}`);
  return text.trim();
}

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
  if (api !== undefined)
    return { apiUrl: api.replace(/\/$/u, ""), handsetUrl: null, watchtower: undefined };
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
  const { apiUrl, simulatorUrl, watchtower } = found.data;
  const handsetUrl = simulatorUrl === undefined ? null : `${simulatorUrl}/handset`;
  return { apiUrl, handsetUrl, watchtower };
}
