import { expect, test } from "vitest";
import { checkOperator, parseServerUrl } from "./check-operator.ts";

const id = `02${"ab".repeat(32)}`;
const info = { network: "regtest", node: { id }, limits: {}, rate: null };
const answering =
  (body: unknown, status = 200): typeof fetch =>
  async () =>
    Response.json(body, { status });

test("accepts https addresses without a path, and http only for the local machine", () => {
  expect(parseServerUrl(" https://Pesa.example/ ")).toMatchObject({
    value: "https://pesa.example",
  });
  expect(parseServerUrl("pesa.example:8443")).toMatchObject({ value: "https://pesa.example:8443" });
  expect(parseServerUrl("https://pesa.example:443")).toMatchObject({
    value: "https://pesa.example",
  });
  for (const local of ["http://localhost:9", "http://127.0.0.1:9", "http://10.0.2.2:9"])
    expect(parseServerUrl(local)).toMatchObject({ value: local });
  for (const remote of ["http://pesa.example", "http://127.0.0.1.pesa.example", "http://10.0.2.20"])
    expect(parseServerUrl(remote)).toMatchObject({ error: { code: "server_insecure" } });
  for (const malformed of [
    "",
    "ftp://pesa.example",
    "https://me@pesa.example",
    "https://pesa.example/x",
    "https://pesa.example?x",
    "https://pesa.example:99999",
    "javascript:alert(1)",
  ])
    expect(parseServerUrl(malformed)).toMatchObject({ error: { code: "server_malformed" } });
});

test("recognises an operator by its answer", async () => {
  expect(await checkOperator("https://a.example", answering(info))).toEqual({
    ok: true,
    value: { server: "https://a.example", network: "regtest", nodeId: id },
  });
  expect(
    await checkOperator("https://a.example", answering({ ...info, node: null })),
  ).toMatchObject({ error: { code: "server_without_node" } });
  for (const other of [answering({}), answering([]), answering(null), answering(info, 404)])
    expect(await checkOperator("https://a.example", other)).toMatchObject({
      error: { code: "server_not_ours" },
    });
});

test("refuses an address that does not answer", async () => {
  const silent: typeof fetch = async () => {
    throw new TypeError("no route");
  };
  expect(await checkOperator("https://a.example", silent)).toMatchObject({
    error: { code: "server_silent" },
  });
});
