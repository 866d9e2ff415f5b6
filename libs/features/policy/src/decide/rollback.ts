import type { SlotContext, VersionFacts } from '@tidemark/contracts';
import { firing, firingWords, quietWords } from './alarms.js';
import { asks, silent, type Rule } from './rule.js';
import { count, figure } from './words.js';

/** A trained version that loses to the baseline goes out. The baseline has nothing below it. */
export const rollback: Rule<SlotContext> = {
  name: 'rollback',
  judge: (context) => {
    const { policy, serving } = context;
    if (!policy.rollback.onLossAlarm) return silent('the policy does not roll back');
    if (serving.isBaseline) return silent('the baseline serves: nothing stands behind it');
    const alarms = firing(context, 'loss');
    return alarms.length === 0 ? silent(quietWords(context, 'loss')) : asks(`loss alarm: ${firingWords(alarms)}`);
  },
};

export interface RollbackTarget {
  readonly version: VersionFacts;
  readonly why: string;
}

/** The version before, if it would have been better than the serving one on the same bars; else the baseline. */
export function rollbackTarget(context: SlotContext): RollbackTarget {
  const { previous, baseline, controls } = context;
  const toBaseline = (why: string): RollbackTarget => ({ version: baseline, why: `the baseline, since ${why}` });
  if (previous === undefined || previous.isBaseline) return toBaseline('no other trained version served before');
  if (controls.latched.includes(previous.artifactSha256)) return toBaseline(`${previous.version} is latched`);
  const { status, bars, meanDifference } = context.againstServing?.previous ?? { status: 'insufficient', bars: 0 };
  if (status !== 'ok' || meanDifference === undefined) {
    return toBaseline(`${previous.version} cannot be compared on the same bars (${status}, ${count(bars, 'bar')})`);
  }
  const numbers = `Δloss ${figure(meanDifference)} on the same ${count(bars, 'bar')}`;
  if (meanDifference >= 0) return toBaseline(`${previous.version} would not have been better: ${numbers}`);
  return { version: previous, why: `which would have been better: ${numbers}` };
}
