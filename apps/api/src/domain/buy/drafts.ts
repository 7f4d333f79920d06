import type { Draft, Rule } from "../decision.ts";
import type { Effect } from "../effects.ts";
import type { Answer, FactType, LightningReport } from "../facts.ts";
import type { BuyOrder, BuyState, Prompt } from "../order.ts";
import { orderTimes } from "../policy.ts";

export type BuyRule<Type extends FactType> = Rule<BuyOrder, Type>;
export type BuyDraft = Draft<BuyOrder>;

export function withPrompt(
  order: BuyOrder,
  changes: Partial<Prompt>,
  effects: readonly Effect[] = [],
): BuyDraft {
  const prompt = { ...order.prompt, ...changes };
  return { next: { ...order, prompt, wakeAt: prompt.dueAt }, effects };
}

export function reportOf(answer: Answer<LightningReport | null>): LightningReport | null {
  return answer.ok ? answer.value : null;
}

export function strangeCallback(detail: string) {
  return { code: "strange_callback", detail };
}

export function close(order: BuyOrder, state: BuyState, reason: string | null): BuyOrder {
  return { ...order, state, reason, deadlineAt: null, wakeAt: null };
}

export function openCase(order: BuyOrder, code: string, now: number): BuyDraft {
  const deadlineAt = now + orderTimes.caseReminderMs;
  return {
    next: { ...order, state: "case", reason: code, deadlineAt, wakeAt: deadlineAt },
    cases: [{ code, detail: `Opened in state ${order.state}.` }],
  };
}
