import { HelpScreen } from "../help-screen.tsx";
import type { SettingsRoute } from "../../navigation/navigation.ts";
import { AutoLockScreen, SpendingLimitScreen, ThemeScreen } from "./choice-screens.tsx";
import { DevicesScreen } from "./devices-screen.tsx";
import { LeaveScreen } from "./leave-screen.tsx";
import { NodeScreen } from "./node-screen.tsx";
import { OlderStateScreen } from "./older-state-screen.tsx";
import { NewPinScreen } from "./new-pin-screen.tsx";
import { DeviceEncryptionScreen } from "./device-encryption-screen.tsx";
import { ServerScreen } from "./server-screen.tsx";
import { SettingsScreen } from "./settings-screen.tsx";
import { RecoveryWordsScreen } from "../recovery-words/recovery-words-screen.tsx";
import { WipeScreen } from "./wipe-screen.tsx";

export { OnboardingAdvanced } from "./onboarding-advanced.tsx";
export { DeviceEncryptionOffer } from "./device-encryption-screen.tsx";

type SettingsPagesProps = {
  readonly route: SettingsRoute;
  readonly onLock: () => void;
  readonly onWiped: () => void;
};

/** The settings pages. They are one chunk, loaded when the first of them is shown. */
export function SettingsPages({ route, onLock, onWiped }: SettingsPagesProps) {
  switch (route.name) {
    case "settings":
      return <SettingsScreen onLock={onLock} />;
    case "words":
      return <RecoveryWordsScreen onWiped={onWiped} />;
    case "help":
      return <HelpScreen />;
    case "change-pin":
    case "decoy":
      return <NewPinScreen key={route.name} kind={route.name} onWiped={onWiped} />;
    case "node":
      return <NodeScreen />;
    case "devices":
      return <DevicesScreen />;
    case "auto-lock":
      return <AutoLockScreen />;
    case "pin-limit":
      return <SpendingLimitScreen />;
    case "theme":
      return <ThemeScreen />;
    case "wipe":
      return <WipeScreen />;
    case "seal":
      return <DeviceEncryptionScreen onWiped={onWiped} />;
    case "server":
      return <ServerScreen />;
    case "older-state":
      return <OlderStateScreen />;
    case "leave":
      return <LeaveScreen {...(route.address === undefined ? {} : { text: route.address })} />;
  }
}
