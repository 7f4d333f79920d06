import type { Navigation, Route } from "./navigation.ts";

const plain = [
  "buy",
  "sell",
  "receive",
  "scan",
  "history",
  "settings",
  "words",
  "help",
  "node",
  "devices",
  "leave",
  "components",
] as const;

/** `#/order/0193…` for a page that may be come back to after a reload; a text to pay is never in an address. */
function addressOf(route: Route): string {
  switch (route.name) {
    case "order":
      return `#/order/${encodeURIComponent(route.orderId)}`;
    case "receipt":
      return `#/receipt/${encodeURIComponent(route.id)}`;
    case "home":
      return "#/";
    default:
      return `#/${route.name}`;
  }
}

/** The page that an address names; home for every other. */
function routeOf(address: string): Route {
  const [, name = "", rest = ""] = address.replace(/^#/u, "").split("/");
  const value = decode(rest);
  if (name === "order" && value !== "") return { name, orderId: value };
  if (name === "receipt" && value !== "") return { name, id: value };
  const found = plain.find((one) => one === name);
  return found === undefined ? { name: "home" } : { name: found };
}

/** Forgets the page that the address names: the next start is at home. */
export function resetAddress(): void {
  history.replaceState(1, "", "#/");
}

/** The address of a page about one order or payment, which only the wallet that has it may show; else null. */
export function privateAddressOf(route: Route): string | null {
  return route.name === "order" || route.name === "receipt" ? addressOf(route) : null;
}

const hidden = "hidden";

/** Takes such an address out of sight while the book is closed: another wallet may be opened next. */
export function hideAddress(): void {
  if (privateAddressOf(routeOf(location.hash)) !== null) history.replaceState(hidden, "", "#/");
}

/**
 * Where an opened wallet begins: at the page that the address names, or at the one that was hidden when it was locked.
 * @param kept the address of its own where this wallet was last; another wallet's is not gone to
 */
export function firstRoute(kept: string | null): Route {
  const asked = routeOf(location.hash);
  if (asked.name === "home" && history.state === hidden && kept !== null) return routeOf(kept);
  const own = privateAddressOf(asked);
  return own === null || own === kept ? asked : { name: "home" };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** Keeps the browser's address and its back button with the stack. Returns how to end that. */
export function followAddress(navigation: Navigation): () => void {
  let depth = navigation.stack().length;
  const onStack = () => {
    const stack = navigation.stack();
    const address = addressOf(stack.at(-1) ?? { name: "home" });
    if (stack.length > depth) history.pushState(stack.length, "", address);
    else history.replaceState(stack.length, "", address);
    depth = stack.length;
  };
  const onBack = () => {
    depth = Math.max(1, navigation.stack().length - 1);
    navigation.back();
  };
  const end = navigation.subscribe(onStack);
  addEventListener("popstate", onBack);
  return () => {
    end();
    removeEventListener("popstate", onBack);
  };
}
