import { useRef, useSyncExternalStore } from "react";
import { StyleSheet, View } from "react-native";
import { WebView } from "react-native-webview";
import type { WebViewSource } from "react-native-webview/lib/WebViewTypes";
import { hiddenPages } from "./hidden-pages.ts";
import type { HiddenPage, PageName } from "./hidden-pages.ts";

// The pages that `scripts/bundle-home.mts native` makes; their policy lets them reach nothing.
const pages: Readonly<Record<PageName, WebViewSource>> = {
  node: require("../../assets/home/node.html"),
  stretch: require("../../assets/home/stretch.html"),
};

/**
 * The web views in which wallets' nodes run, and PINs are stretched. They stand in the window, since systems stop what does not, and are seen
 * by nobody. A view may load its page and nothing else: no other address, window, file, cookie or storage.
 */
export function HiddenPageViews() {
  const lives = useSyncExternalStore(hiddenPages.subscribe, hiddenPages.lives);
  return (
    <View
      style={styles.corner}
      pointerEvents="none"
      accessibilityElementsHidden
      importantForAccessibility="no-hide-descendants"
    >
      {lives.map((life) => (
        <HiddenPageView key={life.id} life={life} />
      ))}
    </View>
  );
}

function HiddenPageView({ life }: { readonly life: HiddenPage }) {
  const view = useRef<WebView>(null);
  return (
    <WebView
      ref={view}
      source={pages[life.page]}
      style={styles.view}
      originWhitelist={["file://*"]}
      // while it is developed, Metro serves the page
      onShouldStartLoadWithRequest={({ url }) => __DEV__ || url.startsWith("file:")}
      onLoadEnd={() => {
        life.onView((text) => view.current?.postMessage(text));
      }}
      onMessage={({ nativeEvent }) => {
        life.onText(nativeEvent.data);
      }}
      onError={life.onDeath}
      onHttpError={life.onDeath}
      onContentProcessDidTerminate={life.onDeath}
      onRenderProcessGone={life.onDeath}
      javaScriptEnabled
      javaScriptCanOpenWindowsAutomatically={false}
      setSupportMultipleWindows={false}
      allowFileAccess={false}
      allowFileAccessFromFileURLs={false}
      allowUniversalAccessFromFileURLs={false}
      domStorageEnabled={false}
      incognito
      cacheEnabled={false}
      sharedCookiesEnabled={false}
      thirdPartyCookiesEnabled={false}
      geolocationEnabled={false}
      mixedContentMode="never"
      allowsLinkPreview={false}
      webviewDebuggingEnabled={__DEV__}
    />
  );
}

const styles = StyleSheet.create({
  corner: { position: "absolute", left: 0, bottom: 0, width: 1, height: 1, opacity: 0 },
  view: { width: 1, height: 1 },
});
