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
export function routeOf(address: string): Route {
  const [, name = "", rest = ""] = address.replace(/^#/u, "").split("/");
  const value = decode(rest);
  if (name === "order" && value !== "") return { name, orderId: value };
  if (name === "receipt" && value !== "") return { name, id: value };
  const found = plain.find((one) => one === name);
  return found === undefined ? { name: "home" } : { name: found };
}

/** Forgets the page that the address names: the next start is at home. */
export function goHome(): void {
  history.replaceState(1, "", "#/");
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
