import type { Router } from "../http/router.ts";
import type { Simulator } from "../simulator.ts";
export function pageRoutes(_router: Router, _simulator: Simulator): void {}
