import { registerRootComponent } from "expo";
import { App } from "./src/shell/app.tsx";
import { prepareHome } from "./src/node/index.ts";
import { keepOnDevice } from "./src/platform/register-service-worker";
import { bringRandomness } from "./src/platform/random";

bringRandomness();
registerRootComponent(App);
prepareHome();
keepOnDevice();
