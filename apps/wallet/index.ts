import { registerRootComponent } from "expo";
import { App } from "./src/app.tsx";
import { keepOnDevice } from "./src/platform/keep-on-device";

registerRootComponent(App);
keepOnDevice();
