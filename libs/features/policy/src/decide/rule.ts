import type { RuleVerdict } from '@tidemark/contracts';

/** What a rule says of a context, and why, with the numbers it looked at. */
export type Saying = Pick<RuleVerdict, 'verdict' | 'why'>;

/** One consideration of a decision. Pure: the context is all it knows. */
export interface Rule<C> {
  readonly name: string;
  readonly judge: (context: C) => Saying;
}

export const asks = (why: string): Saying => ({ verdict: 'asks', why });
export const silent = (why: string): Saying => ({ verdict: 'silent', why });
export const forbids = (why: string): Saying => ({ verdict: 'forbids', why });
export const allows = (why: string): Saying => ({ verdict: 'allows', why });

/** What each rule says, in their order. */
export function lookAt<C>(rules: readonly Rule<C>[], context: C): RuleVerdict[] {
  return rules.map(({ name, judge }) => ({ rule: name, ...judge(context) }));
}

/** The first rule that stands in the way. */
export function firstForbidding(verdicts: readonly RuleVerdict[]): RuleVerdict | undefined {
  return verdicts.find(({ verdict }) => verdict === 'forbids');
}
