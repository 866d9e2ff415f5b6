import {
  candidateContextSchema,
  slotContextSchema,
  type AlarmFacts,
  type CandidateContext,
  type SlotContext,
} from '@tidemark/contracts';
import fc from 'fast-check';
import { BASELINE, CANDIDATE, PREVIOUS, SERVING, buildPolicy, candidateContext, gateEvidence } from './contexts.js';
import { alarm, slotContext } from './contexts.js';

const bars = fc.integer({ min: 0, max: 400 });
const sometimes = fc.option(bars, { nil: undefined });
const share = fc.double({ min: -0.5, max: 0.5, noNaN: true });

const trigger = fc.oneof(
  fc.record({ kind: fc.constant('calendar'), everyBars: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constantFrom('loss_alarm', 'volume_drop') }),
  fc.record({ kind: fc.constant('drift_alarm'), with: fc.constantFrom('loss_alarm', 'nothing') }),
  fc.record({ kind: fc.constant('new_samples'), count: fc.integer({ min: 1, max: 500 }) }),
  fc.record({ kind: fc.constant('degradation'), share: fc.double({ min: 0.01, max: 1, noNaN: true }) }),
);

const policy = fc
  .record({
    triggers: fc.array(trigger, { maxLength: 4 }),
    once: fc.boolean(),
    watch: fc.boolean(),
    minGapBars: fc.integer({ min: 1, max: 100 }),
    cooldownBars: fc.integer({ min: 0, max: 100 }),
    rollback: fc.record({ onLossAlarm: fc.boolean() }),
    gates: fc.record({
      newRecipe: fc.constantFrom('superiority', 'none'),
      refit: fc.constantFrom('superiority', 'none'),
    }),
  })
  .map(buildPolicy);

const controls: fc.Arbitrary<SlotContext['controls']> = fc.record(
  {
    latched: fc.subarray([PREVIOUS, SERVING, CANDIDATE].map(({ artifactSha256 }) => artifactSha256)),
    frozen: fc.constant('by hand'),
    pinned: fc.constant('1.1.0'),
    blocked: fc.constant('of yesterday'),
  },
  { requiredKeys: ['latched'] },
);

const alarms: fc.Arbitrary<AlarmFacts[]> = fc.array(
  fc
    .record({
      monitor: fc.constantFrom('features', 'predictions', 'loss', 'calibration', 'volume'),
      phase: fc.constantFrom('silent', 'ok', 'pending', 'firing', 'recovering'),
      value: share,
    })
    .map(({ monitor, ...rest }) => alarm(monitor, rest)),
  { maxLength: 6 },
);

const timeline = fc.constantFrom('live', 'replay');

/** Contexts of slots of every kind. */
export const anySlot: fc.Arbitrary<SlotContext> = fc
  .record({
    timeline,
    policy,
    controls,
    alarms,
    serving: fc.constantFrom(BASELINE, SERVING),
    previous: fc.option(fc.constantFrom(PREVIOUS, BASELINE), { nil: undefined }),
    bars: fc.record({
      sinceStart: bars,
      sinceFit: sometimes,
      sinceNewRecipe: sometimes,
      sinceRollback: sometimes,
      sinceDeployment: bars,
    }),
    fits: fc.record({ total: fc.integer({ min: 0, max: 300 }), lastYear: fc.integer({ min: 0, max: 20 }) }),
    degradation: fc.option(share, { nil: undefined }),
    againstServing: fc.record({
      previous: fc.record({ bars, status: fc.constantFrom('ok', 'insufficient'), meanDifference: share }),
    }),
    manual: fc.option(fc.boolean(), { nil: undefined }),
  })
  .map((parts) => slotContextSchema.parse({ ...slotContext(), ...parts }));

/** Contexts of ended trainings of every kind. */
export const anyCandidate: fc.Arbitrary<CandidateContext> = fc
  .record({
    timeline,
    policy,
    controls,
    candidate: fc.option(fc.constantFrom(CANDIDATE, SERVING), { nil: undefined }),
    gate: fc.option(
      fc
        .record({ passed: fc.boolean(), rule: fc.constantFrom('superiority', 'non_inferiority', 'none') })
        .map(gateEvidence),
      { nil: undefined },
    ),
    failed: fc.option(fc.constant({ code: 'TRAINER_FAILED', message: 'exit 1' }), { nil: undefined }),
  })
  .map((parts) => candidateContextSchema.parse({ ...candidateContext(), ...parts }));
