import { writeFileSync } from "node:fs";
import { ordersPage } from "./diagram.ts";

writeFileSync(new URL("../../../../docs/orders.md", import.meta.url), ordersPage());
