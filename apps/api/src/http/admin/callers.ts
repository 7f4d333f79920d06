import { TLSSocket } from "node:tls";
import type { Request, RequestHandler, Response } from "express";
import { err } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { AdminPrincipal } from "../../app/admin/ports.ts";
import type { OperatorSessions, OpenedSession } from "../../app/admin/sessions.ts";
import { sendProblem } from "../problem.ts";

/** How a listener knows its callers: browsers by a session cookie, satsctl by a client certificate. */
export type Callers = {
  readonly via: "passkey" | "certificate";
  /** Refuses requests that another site's page could have caused. */
  readonly guard: RequestHandler;
  readonly authenticate: (
    request: Request,
  ) => Promise<Result<AdminPrincipal, "operator_required" | "operator_disabled">>;
  readonly openSession: (response: Response, session: OpenedSession) => void;
  readonly endSession: (request: Request, response: Response) => Promise<void>;
};

/** Callers of the console's listener. @param consoleUrl the only address under which the listener answers. */
export function browserCallers(sessions: OperatorSessions, consoleUrl: string): Callers {
  const { origin, host, protocol } = new URL(consoleUrl);
  const isSecure = protocol === "https:";
  // The prefix makes browsers refuse the cookie from other hosts and over plain HTTP.
  const name = `${isSecure ? "__Host-" : ""}satsconnect-operator`;
  const attributes = `Path=/; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;

  const tokenOf = (request: Request): string | null =>
    new RegExp(`(?:^|;\\s*)${name}=(sco_[A-Za-z0-9_-]{43})(?:;|$)`).exec(
      request.get("cookie") ?? "",
    )?.[1] ?? null;

  return {
    via: "passkey",
    guard: (request, response, next) => {
      // A name that somebody else's DNS points here is refused, and so is every request of another site's page.
      if (request.get("host") !== host)
        return otherSite(response, `Open the console at ${origin}.`);
      const site = request.get("sec-fetch-site");
      const isApi = request.path.startsWith("/admin/");
      const isRead = request.method === "GET" || request.method === "HEAD";
      if (isApi && site !== undefined && site !== "same-origin" && site !== "none")
        return otherSite(response, "Only the console's own page may call this.");
      if (!isRead && request.get("origin") !== origin)
        return otherSite(response, "Only the console's own page may call this.");
      next();
    },
    authenticate: async (request) => {
      const token = tokenOf(request);
      return token === null
        ? err("operator_required", "Sign in with your passkey.", "never")
        : sessions.authenticate(token);
    },
    openSession: (response, { token, principal }) => {
      const seconds = Math.floor(((principal.expiresAt ?? Date.now()) - Date.now()) / 1_000);
      response.setHeader("set-cookie", `${name}=${token}; Max-Age=${seconds}; ${attributes}`);
    },
    endSession: async (request, response) => {
      const token = tokenOf(request);
      if (token !== null) await sessions.logout(token);
      response.setHeader("set-cookie", `${name}=; Max-Age=0; ${attributes}`);
    },
  };
}

/** Callers of satsctl's listener, which demands certificates of the operator's authority. */
export function certificateCallers(sessions: OperatorSessions): Callers {
  return {
    via: "certificate",
    guard: (request, response, next) => {
      // A browser with the certificate installed would present it for any page.
      if (request.get("origin") !== undefined || request.get("sec-fetch-site") !== undefined)
        return otherSite(response, "This listener is for satsctl; browsers use the console.");
      next();
    },
    authenticate: async (request) => {
      const { socket } = request;
      // The TLS server has refused other certificates already.
      const name =
        socket instanceof TLSSocket && socket.authorized
          ? socket.getPeerCertificate().subject.CN
          : undefined;
      return typeof name === "string"
        ? sessions.authenticateCertificate(name)
        : err("operator_required", "Present a certificate with one common name.", "never");
    },
    openSession: () => undefined,
    endSession: async () => undefined,
  };
}

function otherSite(response: Response, detail: string): void {
  sendProblem(response, "origin_refused", { detail });
}
