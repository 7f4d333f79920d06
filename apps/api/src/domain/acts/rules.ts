import type { Rule } from "../decision.ts";
import type { BuyOrder, SellOrder } from "../order.ts";
import { judgeBuyAct } from "./buy.ts";
import { judgeSellAct } from "./sell.ts";

/** The rule for an operator's acts in one state, which may lead to the states of `to`. */
export function buyActs(
  to: Rule<BuyOrder, "operator_acted">["to"],
): Rule<BuyOrder, "operator_acted"> {
  return {
    to,
    decide: (order, { act, context }, now) => {
      const judged = judgeBuyAct(order, act, context, now);
      return judged.ok ? judged.value : null;
    },
  };
}

export function sellActs(
  to: Rule<SellOrder, "operator_acted">["to"],
): Rule<SellOrder, "operator_acted"> {
  return {
    to,
    decide: (order, { act, context }, now) => {
      const judged = judgeSellAct(order, act, context, now);
      return judged.ok ? judged.value : null;
    },
  };
}
