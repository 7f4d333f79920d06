import { lazy } from "react";

const pages = () => import("./settings/settings-pages.tsx");

/** Loads the settings pages ahead of time. After a failure they are loaded when first shown. */
export function preloadSettingsPages(): void {
  void pages().catch(() => {});
}

export const ComponentsScreen = lazy(async () => {
  const page = await import("./components/components-screen.tsx");
  return { default: page.ComponentsScreen };
});

/** These share one chunk, loaded with the first of them. Render them inside a `LazyPage`. */
export const SettingsPages = lazy(async () => ({ default: (await pages()).SettingsPages }));
export const OnboardingAdvanced = lazy(async () => ({
  default: (await pages()).OnboardingAdvanced,
}));
export const DeviceEncryptionOffer = lazy(async () => ({
  default: (await pages()).DeviceEncryptionOffer,
}));
