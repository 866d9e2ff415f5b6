import { z } from 'zod';
import { instantSchema, nameSchema, textSchema, timelineIdSchema, versionRefSchema } from './common.js';

/** When a retraining is due. Manual requests always are. */
export const triggerSchema = z.discriminatedUnion('kind', [
  /** This many bars since the last fit (or since the loop began). */
  z.strictObject({ kind: z.literal('calendar'), everyBars: z.number().int().min(1).max(5000).default(63) }),
  /** The serving version's paired loss is higher than the baseline's, beyond its band. */
  z.strictObject({ kind: z.literal('loss_alarm') }),
  /** Input or prediction drift is firing. Alone it informs; `with: loss_alarm` asks for both. */
  z.strictObject({ kind: z.literal('drift_alarm'), with: z.enum(['loss_alarm', 'nothing']).default('loss_alarm') }),
  /** This many bars have arrived since the last fit's newest row. */
  z.strictObject({ kind: z.literal('new_samples'), count: z.number().int().min(1).max(10_000_000).default(10_000) }),
  /** Predictions of callers per open session have dropped beyond the monitor's limit. */
  z.strictObject({ kind: z.literal('volume_drop') }),
  /** The serving version's mean loss has risen by this share against its own first window. The documented 5 %. */
  z.strictObject({ kind: z.literal('degradation'), share: z.number().gt(0).max(10).default(0.05) }),
]);
export type Trigger = z.infer<typeof triggerSchema>;

/**
 * The rules that turn evidence into decisions, for live and replay alike. Declared in the agent's file; a replay may be
 * given another.
 */
export const policySchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,63}$/)
      .default('default'),
    triggers: z
      .array(triggerSchema)
      .max(20)
      .default([
        { kind: 'calendar', everyBars: 63 },
        { kind: 'loss_alarm' },
        { kind: 'drift_alarm', with: 'loss_alarm' },
      ]),
    /** Trains until a trained version serves, and then never again: row 3 of the table. */
    once: z.boolean().default(false),
    /** No fit sooner than this after the last one, whatever asks for it. */
    minGapBars: z.number().int().min(1).max(5000).default(63),
    /** After a rollback nothing is trained for this long. */
    cooldownBars: z.number().int().min(0).max(5000).default(63),
    /** While a trained version serves, every so many bars all families compete again instead of a plain refit. */
    newRecipeEveryBars: z.number().int().min(1).max(20_000).default(252),
    budget: z
      .strictObject({
        fitsPerReplay: z.number().int().min(0).max(10_000).default(200),
        fitsPerYear: z.number().int().min(0).max(10_000).default(12),
      })
      .prefault({}),
    gates: z
      .strictObject({
        /** A new recipe must be shown to be better. `none` is for comparisons in replays and refused on the live timeline. */
        newRecipe: z.enum(['superiority', 'none']).default('superiority'),
        /** A refit of the serving recipe must be shown not to be worse by more than the margin. */
        refit: z.enum(['non_inferiority', 'superiority', 'none']).default('non_inferiority'),
        /** Bars a refit is compared on: the newest matured ones. */
        refitBars: z.number().int().min(20).max(5000).default(63),
        /** Largest tolerable increase of the loss; default 0.005 log loss, 0.02 QLIKE. */
        margin: z.number().gt(0).max(10).optional(),
      })
      .prefault({}),
    /** A loss alarm on a trained version puts the version before it back if that is better on the same bars, else the baseline. */
    rollback: z.strictObject({ onLossAlarm: z.boolean().default(true) }).prefault({}),
    /** Bars between the decision and the first bar a fit may serve, beyond the next one. */
    trainingLagBars: z.number().int().min(0).max(250).default(0),
    /** Whether the loop looks at its monitors at all; comparison rows of the table do not. */
    watch: z.boolean().default(true),
  })
  .prefault({});
export type Policy = z.infer<typeof policySchema>;

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a UTC time like 02:00');

/** When the scheduler acts for the agent; all times UTC. */
export const scheduleSchema = z
  .strictObject({
    /** Nightly: the policy decides; it trains only if the policy says so. */
    retrain: z.strictObject({ at: clockTime.default('02:00'), enabled: z.boolean().default(true) }).prefault({}),
    /** New bars are scored and watched. */
    drift: z
      .strictObject({
        everyHours: z.union([1, 2, 3, 4, 6, 8, 12, 24].map((hours) => z.literal(hours))).default(6),
        enabled: z.boolean().default(true),
      })
      .prefault({}),
    validation: z
      .strictObject({
        weekday: z
          .enum(['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'])
          .default('sunday'),
        at: clockTime.default('04:00'),
        enabled: z.boolean().default(true),
      })
      .prefault({}),
    reconciliation: z.strictObject({ at: clockTime.default('05:00'), enabled: z.boolean().default(true) }).prefault({}),
  })
  .prefault({});
export type Schedule = z.infer<typeof scheduleSchema>;
export const scheduleNames = ['retrain', 'drift', 'validation', 'reconciliation'] as const;
export type ScheduleName = (typeof scheduleNames)[number];

/** An artifact that was rolled back and may not return to Production until released by hand. */
export const latchSchema = z.object({
  artifactSha256: z.string(),
  version: z.string(),
  reason: z.string(),
  latchedAt: instantSchema,
});
export type Latch = z.infer<typeof latchSchema>;

const setByHand = { by: z.string(), at: instantSchema };

/** What people, and rollbacks, have told the policy of an agent to leave alone. */
export const agentControlsSchema = z.object({
  timeline: z.string(),
  agent: nameSchema,
  frozen: z.object({ reason: z.string(), ...setByHand }).optional(),
  pinned: z.object({ version: z.string(), ...setByHand }).optional(),
  latches: z.array(latchSchema),
});
export type AgentControlsView = z.infer<typeof agentControlsSchema>;
export const controlsQuerySchema = z.strictObject({
  timeline: timelineIdSchema.optional().describe('default: the live one'),
});
export const freezeRequestSchema = z.strictObject({ reason: textSchema(3, 500) });
export const pinRequestSchema = z.strictObject({ version: versionRefSchema });
/** Enough leading digits of an artifact's SHA-256 to name it. */
export const artifactPrefixSchema = z
  .string()
  .regex(/^[0-9a-f]{8,64}$/, 'expected at least the first 8 hexadecimal digits of an artifact');
