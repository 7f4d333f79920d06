import { Server, status } from "@grpc/grpc-js";
import {
  connectEngine,
  failureToServiceError,
  mutualTlsServerCredentials,
} from "@satsconnect/contracts/grpc";
import type { EngineClient, MutualTls } from "@satsconnect/contracts/grpc";
import { NodeServiceService } from "@satsconnect/contracts/grpc/node";
import type { NodeServiceServer } from "@satsconnect/contracts/grpc/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { issueCertificates } from "@satsconnect/dev-certificates";

const ours = issueCertificates(["engine", "api"], Date.now());
const theirs = issueCertificates(["api"], Date.now());
const opened: EngineClient[] = [];
const deadlines: number[] = [];
let server: Server;
let address: string;

function tlsOf(authority: string, identity: { certificate: string; key: string }): MutualTls {
  return {
    authority: Buffer.from(authority),
    certificate: Buffer.from(identity.certificate),
    key: Buffer.from(identity.key),
  };
}

function connect(tls: MutualTls, onFailure?: (method: string) => void): EngineClient {
  const client = connectEngine(address, tls, onFailure);
  opened.push(client);
  return client;
}

const apiTls = () => tlsOf(ours.authority, ours.identities.api);
const callOptions = { deadlineMs: 1_500 };

beforeAll(async () => {
  server = new Server();
  const unanswered = () => {};
  const service: Partial<NodeServiceServer> = {
    getInfo: (call, callback) => {
      deadlines.push(new Date(call.getDeadline()).getTime());
      callback(
        failureToServiceError(
          { code: "peer_offline", message: "The peer is not connected.", retry: "safe" },
          status.FAILED_PRECONDITION,
        ),
      );
    },
    getTreasury: unanswered,
  };
  server.addService(NodeServiceService, service as NodeServiceServer);
  const credentials = mutualTlsServerCredentials(tlsOf(ours.authority, ours.identities.engine));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  address = `127.0.0.1:${String(port)}`;
});
afterAll(() => {
  for (const client of opened) client.close();
  server.forceShutdown();
});

test("an expected failure arrives with its code, its message and whether a retry is safe", async () => {
  const failedMethods: string[] = [];
  const client = connect(apiTls(), (method) => failedMethods.push(method));
  expect(await client.node.getInfo({}, callOptions)).toEqual({
    ok: false,
    error: { code: "peer_offline", message: "The peer is not connected.", retry: "safe" },
  });
  expect(failedMethods).toEqual(["getInfo"]);
  expect(deadlines[0]).toBeLessThan(Date.now() + callOptions.deadlineMs);
});

test("1: a timeout maps to retry unknown, an unimplemented method to retry never", async () => {
  const client = connect(apiTls());
  expect(await client.node.getTreasury({}, { deadlineMs: 200 })).toMatchObject({
    ok: false,
    error: { code: "grpc_deadline_exceeded", retry: "unknown" },
  });
  expect(await client.node.listPeers({}, callOptions)).toMatchObject({
    ok: false,
    error: { code: "grpc_unimplemented", retry: "never" },
  });
});

test("client and server with different authorities refuse each other", async () => {
  const foreignClient = connect(tlsOf(ours.authority, theirs.identities.api));
  expect(await foreignClient.node.getInfo({}, callOptions)).toMatchObject({
    ok: false,
    error: { code: "grpc_unavailable" },
  });
  const strictClient = connect(tlsOf(theirs.authority, ours.identities.api));
  expect(await strictClient.node.getInfo({}, callOptions)).toMatchObject({
    ok: false,
    error: { code: "grpc_unavailable" },
  });
  expect(deadlines).toHaveLength(1);
});
