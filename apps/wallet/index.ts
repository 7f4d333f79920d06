import { registerRootComponent } from "expo";
import { App } from "./src/shell/app.tsx";
import { preloadCore } from "./src/node/index.ts";
import { registerServiceWorker } from "./src/platform/register-service-worker";
import { installRandomness } from "./src/platform/random";

installRandomness();
registerRootComponent(App);
preloadCore();
registerServiceWorker();
