import { HelpScreen } from "../help/help-screen.tsx";
import type { SettingsRoute } from "../../navigation/navigation.ts";
import { DevicesScreen } from "./devices-screen.tsx";
import { LeaveScreen } from "./leave-screen.tsx";
import { NodeScreen } from "./node-screen.tsx";
import { NewPinScreen } from "./pin-screens.tsx";

type SettingsPagesProps = {
  readonly route: SettingsRoute;
  readonly onWiped: () => void;
};

/** The pages that are rarely seen: one file of their own, fetched when the first of them is. */
export function SettingsPages({ route, onWiped }: SettingsPagesProps) {
  switch (route.name) {
    case "help":
      return <HelpScreen />;
    case "change-pin":
    case "decoy":
      return <NewPinScreen key={route.name} kind={route.name} onWiped={onWiped} />;
    case "node":
      return <NodeScreen />;
    case "devices":
      return <DevicesScreen />;
    case "leave":
      return <LeaveScreen {...(route.address === undefined ? {} : { text: route.address })} />;
  }
}
