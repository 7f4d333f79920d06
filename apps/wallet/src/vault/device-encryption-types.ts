import type { Result } from "@satsconnect/money";

/**
 * `none`: this device has no strong seal for apps. `not_here`: it may have one, but not at this address (browsers bind
 * seals to a name, and give none to a bare number).
 */
export type DeviceEncryptionAvailability = "ready" | "none" | "not_here";

/** `seal_refused`: the person said no, or took too long. `seal_lost`: nothing here opens it any more. */
export type DeviceEncryptionErrorCode = "seal_refused" | "seal_lost" | "seal_unavailable";

export type DeviceSecret = {
  /** What is kept in clear to ask for the secret again. It says nothing of the secret. */
  readonly handle: string;
  /** 32 bytes, the same ones at each opening. */
  readonly secret: Uint8Array;
};

/**
 * A secret that this device gives out only to a finger, a face or the screen lock: the browser's authenticator (WebAuthn
 * with the PRF extension) or the phone's key store. `device-seal.ts` has it for browsers, `device-seal.native.ts` for
 * phones; both export `deviceEncryption`.
 */
export type DeviceEncryption = {
  readonly availability: () => Promise<DeviceEncryptionAvailability>;
  /** Makes a new secret. The person is asked. */
  readonly make: () => Promise<Result<DeviceSecret, DeviceEncryptionErrorCode>>;
  /** The secret behind a handle. The person is asked each time. */
  readonly open: (handle: string) => Promise<Result<Uint8Array, DeviceEncryptionErrorCode>>;
  /** Forgets the secret, as far as this device lets an app do that. */
  readonly forget: (handle: string) => Promise<void>;
};
