/** Networks of nodes under a simulated clock and chain, for tests and benchmarks (Node.js). */
export { hostilePeer, silentSocket } from "./attackers.ts";
export type { HostilePeer, HostileSocket } from "./attackers.ts";
export { hostileLspsRequest } from "./hostile-lsps.ts";
export { hostileMessage } from "./hostile-messages.ts";
export { SimulatedChain } from "./chain.ts";
export { esploraFetch } from "./chain-servers.ts";
export { SimulatedClock } from "./clock.ts";
export { SimulatedNetwork } from "./network.ts";
export { addOperator, openPublicChannel } from "./operator.ts";
export { Random } from "./random.ts";
export { PowerCut, SimulatedNode, World } from "./world.ts";
export type { CrashPlan, SimulatedNodeOptions, WorldSnapshot } from "./world.ts";
export { measureForwards } from "./forwards.ts";
export type { ForwardsMeasured } from "./forwards.ts";
export { Trio } from "./trio.ts";
export type { TrioOptions } from "./trio.ts";
