import { useRoute } from "../navigation/navigation.ts";
import { BuyScreen } from "../screens/buy-screen.tsx";
import { HistoryScreen } from "../screens/history-screen.tsx";
import { HomeScreen } from "../screens/home/home-screen.tsx";
import { OrderScreen } from "../screens/order-screen.tsx";
import { ReceiptScreen } from "../screens/receipt/receipt-screen.tsx";
import { ReceiveScreen } from "../screens/receive/receive-screen.tsx";
import { ScanScreen } from "../screens/scan/scan-screen.tsx";
import { SellScreen } from "../screens/sell/sell-screen.tsx";
import { SendScreen } from "../screens/send/send-screen.tsx";
import { LazyPage } from "../screens/lazy-page.tsx";
import { ComponentsScreen, SettingsPages } from "../screens/lazy-screens.ts";

type PagesProps = { readonly onLock: () => void; readonly onWiped: () => void };

/** The page on top of the stack. */
export function Pages({ onLock, onWiped }: PagesProps) {
  const route = useRoute();
  switch (route.name) {
    case "home":
      return <HomeScreen />;
    case "buy":
      return <BuyScreen />;
    case "sell":
      return <SellScreen />;
    case "receive":
      return <ReceiveScreen />;
    case "scan":
      return <ScanScreen forPage={route.forPage ?? "send"} />;
    case "history":
      return <HistoryScreen />;
    case "send":
      return <SendScreen {...(route.text === undefined ? {} : { text: route.text })} />;
    case "order":
      return <OrderScreen key={route.orderId} orderId={route.orderId} />;
    case "receipt":
      return <ReceiptScreen key={route.id} id={route.id} />;
    case "components":
      return (
        <LazyPage>
          <ComponentsScreen />
        </LazyPage>
      );
    default:
      return (
        <LazyPage>
          <SettingsPages route={route} onLock={onLock} onWiped={onWiped} />
        </LazyPage>
      );
  }
}
