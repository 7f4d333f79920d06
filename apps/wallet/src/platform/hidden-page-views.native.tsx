import { useRef, useSyncExternalStore } from "react";
import { StyleSheet, View } from "react-native";
import { WebView } from "react-native-webview";
import type { WebViewSource } from "react-native-webview/lib/WebViewTypes";
import { hiddenPages } from "./hidden-pages.ts";
import type { HiddenPage, PageName } from "./hidden-pages.ts";

// Made by `scripts/bundle-node.mts native`. Their content security policy allows no connections.
const sources: Readonly<Record<PageName, WebViewSource>> = {
  node: require("../../assets/node/node.html"),
  stretch: require("../../assets/node/stretch.html"),
};

/**
 * The web views in which the node runs and PINs are stretched. They are one pixel in the window, because systems stop a
 * web view outside it. A view may load its own page and nothing else: no other address, window, file, cookie or
 * storage.
 */
export function HiddenPageViews() {
  const pages = useSyncExternalStore(hiddenPages.subscribe, hiddenPages.pages);
  return (
    <View
      style={styles.corner}
      pointerEvents="none"
      accessibilityElementsHidden
      importantForAccessibility="no-hide-descendants"
    >
      {pages.map((page) => (
        <HiddenPageView key={page.id} page={page} />
      ))}
    </View>
  );
}

function HiddenPageView({ page }: { readonly page: HiddenPage }) {
  const view = useRef<WebView>(null);
  return (
    <WebView
      ref={view}
      source={sources[page.name]}
      style={styles.view}
      originWhitelist={["file://*"]}
      // in development Metro serves the page
      onShouldStartLoadWithRequest={({ url }) => __DEV__ || url.startsWith("file:")}
      onLoadEnd={() => {
        page.onView((text) => view.current?.postMessage(text));
      }}
      onMessage={({ nativeEvent }) => {
        page.onText(nativeEvent.data);
      }}
      onError={page.onCrash}
      onHttpError={page.onCrash}
      onContentProcessDidTerminate={page.onCrash}
      onRenderProcessGone={page.onCrash}
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
