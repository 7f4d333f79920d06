import { spawn } from "node:child_process";
import { ConfigurationError, configurationSchema } from "../config.ts";
import { unwrapPolicy } from "../policy.ts";

/**
 * Has an executable decrypt a wrapped secret: it reads the wrapped text on standard input and writes the secret on
 * standard output. Nothing is in its arguments, and its environment is the engine's without the engine's own variables,
 * which contain passwords.
 * @returns its output. The caller wipes it.
 * @throws ConfigurationError when it cannot be run, fails, or does not answer in time. The message never has its output.
 */
export async function unwrap(
  command: string,
  wrapped: string,
  { timeoutMs, maxBytes }: { readonly timeoutMs: number; readonly maxBytes: number } = unwrapPolicy,
): Promise<Buffer> {
  // its own process group, so that what it has started ends with it
  const child = spawn(command, [], {
    stdio: ["pipe", "pipe", "pipe"],
    env: foreignEnvironment(),
    detached: true,
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  let size = 0;
  let reason: string | undefined;
  const kill = (because: string): void => {
    reason ??= because;
    if (child.pid !== undefined) {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // it has ended
      }
    }
  };
  const timer = setTimeout(
    () => kill(`did not answer within ${timeoutMs / 1_000} seconds`),
    timeoutMs,
  );
  const collect = (into: Buffer[]) => (bytes: Buffer) => {
    size += bytes.length;
    if (size > maxBytes) kill(`wrote more than ${maxBytes} bytes`);
    else into.push(bytes);
  };
  child.stdout.on("data", collect(output));
  child.stderr.on("data", collect(errors));
  // it may end without reading
  child.stdin.on("error", () => {});
  child.stdin.end(wrapped);
  const ended = await new Promise<string | undefined>((resolve) => {
    child.on("error", (error: NodeJS.ErrnoException) =>
      resolve(`cannot be run: ${error.code ?? "?"}`),
    );
    child.on("close", (code, signal) =>
      resolve(code === 0 ? undefined : `failed (${signal ?? `exit code ${String(code)}`})`),
    );
  });
  clearTimeout(timer);
  const answer = Buffer.concat(output);
  for (const bytes of output) bytes.fill(0);
  const problem = reason ?? ended;
  if (problem === undefined) return answer;
  answer.fill(0);
  const said = printable(Buffer.concat(errors).toString("utf8"));
  throw new ConfigurationError(
    `UNWRAP_COMMAND ${problem}${said === "" ? "" : `: ${said.replace(/\.$/u, "")}`}.`,
  );
}

function foreignEnvironment(): NodeJS.ProcessEnv {
  const own = new Set(Object.keys(configurationSchema.shape));
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.has(name)));
}

/** The beginning of an error message, without anything long enough to be a key. */
function printable(text: string): string {
  return text
    .replaceAll(/[\w+/=-]{24,}/gu, "…")
    .replaceAll(/\s+/gu, " ")
    .trim()
    .slice(0, 300);
}
