import { existsSync, readFileSync } from "node:fs";
import { request } from "node:https";
import path from "node:path";
import process from "node:process";
import { createAdminClient } from "@satsconnect/contracts/admin";
import type { AdminClient } from "@satsconnect/contracts/admin";
import { z } from "zod";
import { CommandFailed } from "../command-failed.ts";
import type { Values } from "./arguments.ts";

type Identity = { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer };

export type Connection = {
  readonly client: AdminClient;
  /** Why the last request did not reach the api; null if it did. */
  readonly connectionProblem: () => string | null;
  /** Address of the console, where approvals are made; null if it is not known here. */
  readonly consoleUrl: string | null;
};

const operatorFiles = z.object({
  consoleUrl: z.string().nullable(),
  adminUrl: z.string(),
  certificate: z.string(),
  key: z.string(),
  authority: z.string(),
});
const systemFile = z.object({ operator: operatorFiles.optional() });

/**
 * Connects with the operator's certificate: from the options, else from SATSCTL_API, SATSCTL_CERT, SATSCTL_KEY and
 * SATSCTL_CA, else the ones that `npm start` made. @throws CommandFailed
 */
export function connect(values: Values, environment = process.env): Connection {
  const given = {
    api: values.api ?? environment["SATSCTL_API"],
    cert: values.cert ?? environment["SATSCTL_CERT"],
    key: values.key ?? environment["SATSCTL_KEY"],
    ca: values.ca ?? environment["SATSCTL_CA"],
  };
  const started = given.api === undefined ? findStarted(values, environment) : null;
  const { api, cert, key, ca } =
    started === null
      ? given
      : {
          api: started.adminUrl,
          cert: started.certificate,
          key: started.key,
          ca: started.authority,
        };
  if (api === undefined || cert === undefined || key === undefined || ca === undefined) {
    throw new CommandFailed(
      "system_not_running",
      "No system found. Start one with `npm start`, or name the api and your certificate: --api https://host:port --cert FILE --key FILE --ca FILE (or SATSCTL_API, SATSCTL_CERT, SATSCTL_KEY, SATSCTL_CA).",
      2,
    );
  }
  const identity = {
    cert: readOrFail("--cert", cert),
    key: readOrFail("--key", key),
    ca: readOrFail("--ca", ca),
  };
  if (!api.startsWith("https://"))
    throw new CommandFailed("arguments_invalid", "--api takes an https:// address.", 2);
  let problem: string | null = null;
  const send = certificateFetch(identity, (code) => {
    problem = explain(code);
  });
  return {
    client: createAdminClient({ baseUrl: api, fetch: send }),
    connectionProblem: () => problem,
    consoleUrl: started?.consoleUrl ?? null,
  };
}

function findStarted(values: Values, environment: NodeJS.ProcessEnv) {
  const base = environment["SATSCONNECT_INVOKED_FROM"] ?? process.cwd();
  const home = values.home ?? environment["SATSCONNECT_HOME"] ?? "";
  const folder =
    home.trim() === ""
      ? path.resolve(import.meta.dirname, "..", "..", "..", "..", ".satsconnect")
      : path.resolve(base, home);
  const file = path.join(folder, "system.json");
  if (!existsSync(file)) return null;
  const found = systemFile.safeParse(JSON.parse(readFileSync(file, "utf8")));
  return found.success ? (found.data.operator ?? null) : null;
}

function readOrFail(option: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new CommandFailed(
      "arguments_invalid",
      `${option} names a file that cannot be read (${reason}): ${file}`,
      2,
    );
  }
}

/** `fetch` with a client certificate; only the parts that the admin client uses. */
function certificateFetch(identity: Identity, onProblem: (code: string) => void): typeof fetch {
  return async (url, init) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const sent = request(
      new URL(url instanceof Request ? url.url : url),
      {
        ...identity,
        method: init?.method ?? "GET",
        headers: init?.headers as Record<string, string>,
        signal: init?.signal ?? undefined,
        minVersion: "TLSv1.3",
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const status = answer.statusCode ?? 500;
          const body = status === 204 ? null : Buffer.concat(chunks).toString("utf8");
          const contentType = answer.headers["content-type"] ?? "";
          resolve(new Response(body, { status, headers: { "content-type": contentType } }));
        });
      },
    );
    sent.on("error", (error: NodeJS.ErrnoException) => {
      onProblem(error.code ?? error.name);
      reject(error);
    });
    if (typeof init?.body === "string") sent.write(init.body);
    sent.end();
    return promise;
  };
}

/** Says what is wrong with a connection and what to do. */
function explain(code: string): string {
  return /ALERT|SSL|CERT|SELF_SIGNED|VERIFY|ECONNRESET|EPROTO/u.test(code)
    ? `The api and satsctl do not accept each other's certificates (${code}). Check --cert, --key and --ca: your certificate must be issued by the api's ADMIN_MTLS_CLIENT_CA.`
    : `The api's admin listener cannot be reached (${code}). Is ADMIN_MTLS_LISTEN set, and is this the right --api?`;
}
