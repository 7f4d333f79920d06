/** This machine, and what an Android emulator calls the machine that it runs on. */
const local = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|10\.0\.2\.2)$/u;

/**
 * Whether the node may be connected to this address in its name: anybody over TLS, where the system checks the
 * operator's pins, and in clear only this machine. Whom it then speaks to proves itself once more: a Lightning peer by
 * its node's key (BOLT 8).
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
