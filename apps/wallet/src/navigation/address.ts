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
  "older-state",
  "components",
] as const;

/** The address of a page that a reload may return to: `#/order/0193…`. A text to pay is never put into an address. */
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

/** The page of an address; home for an unknown one. */
function routeOf(address: string): Route {
  const [, name = "", rest = ""] = address.replace(/^#/u, "").split("/");
  const value = decode(rest);
  if (name === "order" && value !== "") return { name, orderId: value };
  if (name === "receipt" && value !== "") return { name, id: value };
  const found = plain.find((one) => one === name);
  return found === undefined ? { name: "home" } : { name: found };
}

/** Resets the address, so that the next start is at home. */
export function resetAddress(): void {
  history.replaceState(1, "", "#/");
}

/**
 * The address of a page about one order or payment, which only the wallet that has it may show; null for other pages.
 */
export function privateAddressOf(route: Route): string | null {
  return route.name === "order" || route.name === "receipt" ? addressOf(route) : null;
}

const hidden = "hidden";

/** Replaces a private address while the wallet is locked: another wallet may be unlocked next. */
export function hideAddress(): void {
  if (privateAddressOf(routeOf(location.hash)) !== null) history.replaceState(hidden, "", "#/");
}

/**
 * The page on which an unlocked wallet starts: the one in the address, or the one whose address was hidden at the
 * lock.
 * @param last the private address at which this wallet was last; the private address of another wallet leads home
 */
export function firstRoute(last: string | null): Route {
  const requested = routeOf(location.hash);
  if (requested.name === "home" && history.state === hidden && last !== null) return routeOf(last);
  const privateAddress = privateAddressOf(requested);
  return privateAddress === null || privateAddress === last ? requested : { name: "home" };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** Connects the browser's address and back button to the stack. Returns the function that disconnects them. */
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
