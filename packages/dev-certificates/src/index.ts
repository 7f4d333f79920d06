export { issueCertificates, selfSignedCertificate } from "./certificates.ts";
export type { Authority, Identity } from "./certificates.ts";
