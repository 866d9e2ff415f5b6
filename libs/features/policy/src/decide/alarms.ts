import type { AlarmFacts, SlotContext } from '@tidemark/contracts';
import { figure } from './words.js';

type Monitor = AlarmFacts['monitor'];

const PHASES: Record<AlarmFacts['phase'], string> = {
  silent: 'cannot speak yet',
  ok: 'says nothing is wrong',
  pending: 'is beyond its limit, for too few bars to be an alarm',
  firing: 'is firing',
  recovering: 'is on its way back',
};

/** Alarms of these monitors that stand. A policy that does not watch has none. */
export function firing({ policy, alarms }: SlotContext, ...monitors: readonly Monitor[]): AlarmFacts[] {
  if (!policy.watch) return [];
  return alarms.filter(({ monitor, phase }) => phase === 'firing' && monitors.includes(monitor));
}

/** Why a monitor that is not firing is quiet. */
export function quietWords({ policy, alarms }: SlotContext, monitor: Monitor): string {
  if (!policy.watch) return 'the policy does not watch its monitors';
  const phases = alarms.filter((alarm) => alarm.monitor === monitor).map(({ phase }) => phase);
  const loudest = (['recovering', 'pending', 'ok'] as const).find((phase) => phases.includes(phase));
  return `the ${monitor} monitor ${PHASES[loudest ?? 'silent']}`;
}

/** What fires, with value and limit. */
export function firingWords(alarms: readonly AlarmFacts[]): string {
  return alarms
    .map(({ monitor, subject, value, limit }) => {
      const name = monitor === subject ? monitor : `${monitor} ${subject}`;
      if (value === undefined) return name;
      return `${name} ${figure(value)}${limit === undefined ? '' : ` against ${figure(limit)}`}`;
    })
    .join(', ');
}
