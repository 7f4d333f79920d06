import type { Evidence } from "../mpesa/result-codes.ts";
import type { FaultApi } from "../faults/catalogue.ts";

/** An API of Daraja: its endpoint, and its own error for an invalid token. */
export type DarajaApi = {
  readonly api: FaultApi;
  readonly method: "GET" | "POST";
  readonly path: string;
  /** The answer to an invalid token. Some messages contain the token. */
  readonly tokenError: {
    readonly status: number;
    readonly code: string;
    readonly message: (token: string) => string;
    readonly evidence: Evidence;
  };
};

const notFoundStyle: DarajaApi["tokenError"] = {
  status: 404,
  code: "404.001.03",
  message: () => "Invalid Access Token",
  evidence: "documented",
};
const unauthorizedStyle: DarajaApi["tokenError"] = {
  status: 401,
  code: "401.002.01",
  message: (token) => `Error Occurred - Invalid Access Token - ${token}`,
  evidence: "documented",
};
const badRequestStyle: DarajaApi["tokenError"] = {
  status: 400,
  code: "400.003.01",
  message: () => "Invalid Access Token",
  evidence: "community",
};

const pullStyle: DarajaApi["tokenError"] = {
  status: 401,
  code: "401.001",
  message: () => "Invalid Access Token",
  evidence: "documented",
};

export const darajaApis: readonly DarajaApi[] = [
  { api: "oauth", method: "GET", path: "/oauth/v1/generate", tokenError: badRequestStyle },
  {
    api: "stk",
    method: "POST",
    path: "/mpesa/stkpush/v1/processrequest",
    tokenError: notFoundStyle,
  },
  {
    api: "stk_query",
    method: "POST",
    path: "/mpesa/stkpushquery/v1/query",
    tokenError: badRequestStyle,
  },
  {
    api: "b2c",
    method: "POST",
    path: "/mpesa/b2c/v1/paymentrequest",
    tokenError: unauthorizedStyle,
  },
  {
    api: "b2c",
    method: "POST",
    path: "/mpesa/b2c/v3/paymentrequest",
    tokenError: unauthorizedStyle,
  },
  {
    api: "transaction_status",
    method: "POST",
    path: "/mpesa/transactionstatus/v1/query",
    tokenError: badRequestStyle,
  },
  {
    api: "account_balance",
    method: "POST",
    path: "/mpesa/accountbalance/v1/query",
    tokenError: unauthorizedStyle,
  },
  {
    api: "reversal",
    method: "POST",
    path: "/mpesa/reversal/v1/request",
    tokenError: notFoundStyle,
  },
  {
    api: "pull",
    method: "POST",
    path: "/pulltransactions/v1/register",
    tokenError: pullStyle,
  },
  {
    api: "pull",
    method: "POST",
    path: "/pulltransactions/v1/query",
    tokenError: pullStyle,
  },
  {
    api: "hakikisha",
    method: "POST",
    path: "/mpesa/b2c/hakikisha/v1/hakikisha",
    tokenError: {
      status: 401,
      code: "401.001",
      message: () => "Invalid access token",
      evidence: "documented",
    },
  },
];
