import { lazy } from "react";

const pages = () => import("./settings/settings-pages.tsx");

/** Fetches them before they are asked for. What does not come now is fetched when it is needed. */
export function preloadSettingsPages(): void {
  void pages().catch(() => {});
}

export const ComponentsScreen = lazy(async () => {
  const page = await import("./components/components-screen.tsx");
  return { default: page.ComponentsScreen };
});

/** The pages that are rarely seen come in one file, when the first of them is seen: below a `LazyPage`. */
export const SettingsPages = lazy(async () => ({ default: (await pages()).SettingsPages }));
export const FirstAdvanced = lazy(async () => ({ default: (await pages()).FirstAdvanced }));
export const DeviceEncryptionOffer = lazy(async () => ({
  default: (await pages()).DeviceEncryptionOffer,
}));
