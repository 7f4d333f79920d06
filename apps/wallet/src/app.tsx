import { useFonts } from "expo-font";
import { SafeAreaProvider } from "react-native-safe-area-context";
import { ThemeProvider } from "./design/theme.tsx";
import { Gallery } from "./gallery.tsx";

/** The app: fonts, theme, and the screen that is open. */
export function App() {
  const [ready] = useFonts({
    "Barlow-Medium": require("../assets/fonts/Barlow-Medium.ttf"),
    "Barlow-SemiBold": require("../assets/fonts/Barlow-SemiBold.ttf"),
    "BarlowCondensed-SemiBold": require("../assets/fonts/BarlowCondensed-SemiBold.ttf"),
  });
  if (!ready) return null;
  return (
    <SafeAreaProvider>
      <ThemeProvider choice="system">
        <Gallery screen="home" />
      </ThemeProvider>
    </SafeAreaProvider>
  );
}
