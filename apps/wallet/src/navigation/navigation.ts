import { createContext, useContext, useSyncExternalStore } from "react";
import type { MoneyRoute } from "../money/use-money.ts";

/** The settings pages, which are loaded as one chunk. */
export type SettingsRoute =
  | {
      readonly name:
        | "settings"
        | "words"
        | "help"
        | "older-state"
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

/** Every page of an open wallet. */
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

function stackOf(route: Route): readonly Route[] {
  return route.name === "home" ? [route] : [home, route];
}

/**
 * Creates a stack of pages with home at the bottom, also when it starts on another page. Going back from home does
 * nothing.
 */
export function createNavigation(first: Route = home): Navigation {
  let stack = stackOf(first);
  const listeners = new Set<() => void>();
  const set = (next: readonly Route[]) => {
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
      set([...stack, route]);
    },
    back: () => {
      if (stack.length > 1) set(stack.slice(0, -1));
    },
    replace: (route) => {
      set(stack.length === 1 ? stackOf(route) : [...stack.slice(0, -1), route]);
    },
    reset: (route) => {
      set(stackOf(route));
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

/** The page on top of the stack. Re-renders when it changes. */
export function useRoute(): Route {
  const navigation = useNavigation();
  const stack = useSyncExternalStore(navigation.subscribe, navigation.stack, navigation.stack);
  return stack.at(-1) ?? home;
}
