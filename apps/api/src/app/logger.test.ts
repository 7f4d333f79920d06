import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";

function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  let text = "";
  write(createLogger("info", { write: (line: string) => (text += line) }));
  return text;
}

test("redacts secrets, invoices and phone numbers at any depth", () => {
  const text = logged((log) => {
    log.info({ refreshToken: "s3cret", request: { body: { msisdn: "254712345678" } } }, "one");
    log
      .child({ invoice: "lnbc1s3cret" })
      .info({ body: { Password: "s3cret", PartyA: "254712345678" } }, "two");
  });
  expect(text).not.toMatch(/s3cret|254712345678/);
  expect(text.match(/\[redacted\]/g)).toHaveLength(5);
});

test("logs the message, code and cause of an error, and no other properties", () => {
  const error = Object.assign(new Error("refused", { cause: new Error("deeper") }), {
    code: "ECONNREFUSED",
    config: { headers: { authorization: "s3cret" } },
  });
  const text = logged((log) => log.error({ error }, "request failed"));
  expect(JSON.parse(text)).toMatchObject({
    app: "api",
    msg: "request failed",
    error: { message: "refused", code: "ECONNREFUSED", cause: { message: "deeper" } },
  });
  expect(text).not.toContain("s3cret");
});

test("writes times as ISO 8601 in UTC", () => {
  expect(JSON.parse(logged((log) => log.info("x"))).time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});
