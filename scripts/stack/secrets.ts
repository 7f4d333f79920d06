import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { issueCertificates } from "@satsconnect/dev-certificates";
import { privateFolder } from "../support/paths.ts";

/** Files readable only by this user, generated at random at the first start of a system. */
export type Secrets = {
  readonly engineSeedFile: string;
  readonly engineStateKeyFile: string;
  readonly merchantSeedFile: string;
  readonly watchtowerKeyFile: string;
  readonly tokenKeysFile: string;
  readonly callbackSecretFile: string;
  readonly tls: {
    readonly authority: string;
    readonly engine: TlsFiles;
    readonly api: TlsFiles;
    /** Client identity for these scripts, which act as the operator. */
    readonly operator: TlsFiles;
  };
  /** Certificates of satsctl and of the listener that it uses. */
  readonly adminTls: {
    readonly authority: string;
    readonly server: TlsFiles;
    readonly operator: TlsFiles;
  };
  readonly daraja: {
    readonly consumerKey: string;
    readonly consumerSecret: string;
    readonly passkey: string;
    readonly initiatorPassword: string;
  };
  /** Distinguishes this system's databases on a shared database server. */
  readonly instance: string;
};

type TlsFiles = { readonly certificate: string; readonly key: string };

/** Opens the secrets in `folder` and creates missing ones. */
export function openSecrets(folder: string, now: number): Secrets {
  privateFolder(folder);
  const file = (name: string, make: () => string): string => {
    const whole = path.join(folder, name);
    if (!existsSync(whole)) {
      // Written to a temporary file and renamed: a partial secret would be used forever.
      writeFileSync(`${whole}.new`, make(), { mode: 0o600 });
      renameSync(`${whole}.new`, whole);
    }
    return whole;
  };
  const hex = (bytes: number) => (): string => randomBytes(bytes).toString("hex");
  const text = (name: string, bytes: number): string =>
    readFileSync(
      file(name, () => randomBytes(bytes).toString("base64url")),
      "utf8",
    );
  return {
    engineSeedFile: file("engine-seed", hex(32)),
    engineStateKeyFile: file("engine-state-key", hex(32)),
    merchantSeedFile: file("merchant-seed", hex(32)),
    watchtowerKeyFile: file("watchtower-key", hex(32)),
    tokenKeysFile: file("token-keys.json", newTokenKeys),
    callbackSecretFile: file("callback-secret", hex(32)),
    tls: openTls(folder, file, now),
    adminTls: openAdminTls(folder, file, now),
    daraja: {
      consumerKey: text("daraja-consumer-key", 36),
      consumerSecret: text("daraja-consumer-secret", 48),
      passkey: text("daraja-passkey", 48),
      initiatorPassword: text("daraja-initiator-password", 18),
    },
    instance: readFileSync(file("instance", hex(4)), "utf8"),
  };
}

function newTokenKeys(): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  const kid = randomBytes(8).toString("hex");
  return JSON.stringify({
    keys: [{ ...privateKey.export({ format: "jwk" }), kid, alg: "EdDSA", use: "sig" }],
  });
}

function openTls(
  folder: string,
  file: (name: string, make: () => string) => string,
  now: number,
): Secrets["tls"] {
  const names = ["engine", "api", "operator"] as const;
  const authority = path.join(folder, "tls-authority.pem");
  // The authority is written last, so its presence means that everything it issued is there.
  if (!existsSync(authority)) {
    const issued = issueCertificates(names, now);
    for (const name of names) {
      const { certificate, key } = issued.identities[name];
      writeFileSync(path.join(folder, `tls-${name}.pem`), certificate, { mode: 0o600 });
      writeFileSync(path.join(folder, `tls-${name}.key`), key, { mode: 0o600 });
    }
    file("tls-authority.pem", () => issued.authority);
  }
  const files = (name: string): TlsFiles => ({
    certificate: path.join(folder, `tls-${name}.pem`),
    key: path.join(folder, `tls-${name}.key`),
  });
  return {
    authority,
    engine: files("engine"),
    api: files("api"),
    operator: files("operator"),
  };
}

/** Certificates of the admin API have an authority of their own. satsctl's names the operator `operator`. */
function openAdminTls(
  folder: string,
  file: (name: string, make: () => string) => string,
  now: number,
): Secrets["adminTls"] {
  const files = (name: string): TlsFiles => ({
    certificate: path.join(folder, `admin-tls-${name}.pem`),
    key: path.join(folder, `admin-tls-${name}.key`),
  });
  const authority = path.join(folder, "admin-tls-authority.pem");
  if (!existsSync(authority)) {
    const issued = issueCertificates(["api", "operator"], now);
    for (const name of ["api", "operator"] as const) {
      const { certificate, key } = issued.identities[name];
      writeFileSync(files(name).certificate, certificate, { mode: 0o600 });
      writeFileSync(files(name).key, key, { mode: 0o600 });
    }
    file("admin-tls-authority.pem", () => issued.authority);
  }
  return { authority, server: files("api"), operator: files("operator") };
}
