/** This machine, and 10.0.2.2, the host as an Android emulator sees it. */
const local = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|10\.0\.2\.2)$/u;

/**
 * Whether the node may connect to an address: to any host over TLS, for which the system checks the operator's pinned
 * keys; without TLS only to this machine. A Lightning peer also proves its node key (BOLT 8).
 */
export function isAllowedAddress(address: string): boolean {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return false;
  }
  if (url.username !== "" || url.password !== "") return false;
  switch (url.protocol) {
    case "https:":
    case "wss:":
      return true;
    case "http:":
    case "ws:":
      return local.test(url.hostname);
    default:
      return false;
  }
}
