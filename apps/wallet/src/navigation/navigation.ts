import { createContext, useContext, useSyncExternalStore } from "react";
import type { MoneyRoute } from "../money/use-money.ts";

/** The pages behind the settings, which come in a file of their own. */
export type SettingsRoute =
  | {
      readonly name:
        | "settings"
        | "words"
        | "help"
        | "change-pin"
        | "decoy"
        | "node"
        | "devices"
        | "auto-lock"
        | "pin-limit"
        | "theme"
        | "wipe"
        | "seal"
        | "server";
    }
  | { readonly name: "leave"; readonly address?: string };

/** Everywhere that one can be in an open wallet. */
export type Route = MoneyRoute | SettingsRoute | { readonly name: "components" };

export type Navigation = {
  readonly stack: () => readonly Route[];
  readonly subscribe: (listener: () => void) => () => void;
  readonly go: (route: Route) => void;
  readonly back: () => void;
  readonly replace: (route: Route) => void;
  readonly reset: (route: Route) => void;
};

const home: Route = { name: "home" };

function over(route: Route): readonly Route[] {
  return route.name === "home" ? [route] : [home, route];
}

/** A stack of pages over home, also where it begins on another one. Back on home does nothing. */
export function createNavigation(first: Route = home): Navigation {
  let stack = over(first);
  const listeners = new Set<() => void>();
  const become = (next: readonly Route[]) => {
    stack = next;
    for (const listener of listeners) listener();
  };
  return {
    stack: () => stack,
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    go: (route) => {
      become([...stack, route]);
    },
    back: () => {
      if (stack.length > 1) become(stack.slice(0, -1));
    },
    replace: (route) => {
      become(stack.length === 1 ? over(route) : [...stack.slice(0, -1), route]);
    },
    reset: (route) => {
      become(over(route));
    },
  };
}

const NavigationContext = createContext<Navigation | null>(null);

export const NavigationProvider = NavigationContext.Provider;

export function useNavigation(): Navigation {
  const navigation = useContext(NavigationContext);
  if (navigation === null) throw new Error("useNavigation is used outside NavigationProvider");
  return navigation;
}

/** The page on top; drawn again when it changes. */
export function useRoute(): Route {
  const navigation = useNavigation();
  const stack = useSyncExternalStore(navigation.subscribe, navigation.stack, navigation.stack);
  return stack.at(-1) ?? home;
}
