import { registerRootComponent } from "expo";
import { App } from "./src/app.tsx";
import { prepareHome } from "./src/node/index.ts";
import { keepOnDevice } from "./src/platform/keep-on-device";
import { bringRandomness } from "./src/platform/random";

bringRandomness();
registerRootComponent(App);
prepareHome();
keepOnDevice();
