import { z } from 'zod';
import { familySchema } from './agent.js';
import { instantSchema, nameSchema, pageOf, pageQuerySchema, timelineIdSchema } from './common.js';
import { gateEvidenceSchema } from './models.js';
import { policySchema } from './policy.js';

/** A version as a decision sees it. */
export const versionFactsSchema = z.object({
  version: z.string(),
  sequence: z.number().int(),
  family: familySchema,
  artifactSha256: z.string(),
  isBaseline: z.boolean(),
});
export type VersionFacts = z.infer<typeof versionFactsSchema>;

/** What a monitor says at the moment of the decision. */
export const alarmFactsSchema = z.object({
  monitor: z.enum(['features', 'predictions', 'loss', 'calibration', 'value_at_risk', 'volume', 'data_age', 'skew']),
  subject: z.string(),
  phase: z.enum(['silent', 'ok', 'pending', 'firing', 'recovering']),
  severity: z.enum(['critical', 'high', 'medium', 'low']),
  value: z.number().optional(),
  limit: z.number().optional(),
});
export type AlarmFacts = z.infer<typeof alarmFactsSchema>;

/** A paired comparison on the same bars, as evidence: mean of a's loss minus b's. */
export const comparisonFactsSchema = z.object({
  bars: z.number().int(),
  status: z.enum(['ok', 'insufficient', 'degenerate']),
  meanDifference: z.number().optional(),
});

/**
 * Everything `decide` may know at a slot, and nothing else: known at `slotAt`, free of wall time and generated ids, so
 * that the same history gives the same context. Counts are in bars.
 */
export const slotContextSchema = z.object({
  schema: z.literal(1),
  agent: nameSchema,
  timeline: z.enum(['live', 'replay']).describe('gates of `none` are refused where it is live'),
  slotAt: instantSchema,
  asOf: instantSchema.describe('event time of the newest observed bar'),
  policy: policySchema,
  serving: versionFactsSchema,
  previous: versionFactsSchema.optional().describe('what served before the serving version'),
  baseline: versionFactsSchema,
  bars: z.object({
    sinceStart: z.number().int(),
    sinceFit: z.number().int().optional(),
    sinceNewRecipe: z.number().int().optional(),
    sinceRollback: z.number().int().optional(),
    sinceDeployment: z.number().int(),
  }),
  fits: z.object({ total: z.number().int(), lastYear: z.number().int() }),
  alarms: z.array(alarmFactsSchema),
  /** Mean loss of the serving version's newest window over its first window, as a share. */
  degradation: z.number().optional(),
  /** Loss of the previous version and of the baseline minus that of the serving one, on the serving one's bars. */
  againstServing: z
    .object({ previous: comparisonFactsSchema.optional(), baseline: comparisonFactsSchema.optional() })
    .optional(),
  controls: z.object({
    frozen: z.string().optional(),
    pinned: z.string().optional(),
    /** Artifacts that may not return to Production until released by hand. */
    latched: z.array(z.string()),
    blocked: z.string().optional().describe('an unexplained difference of a reconciliation'),
  }),
  manual: z.boolean().optional(),
});
export type SlotContext = z.infer<typeof slotContextSchema>;

/** What `decide` knows when a training asked for by the policy has ended. */
export const candidateContextSchema = z.object({
  schema: z.literal(1),
  agent: nameSchema,
  timeline: z.enum(['live', 'replay']),
  slotAt: instantSchema,
  asOf: instantSchema,
  policy: policySchema,
  mode: z.enum(['new_recipe', 'refit']),
  candidate: versionFactsSchema.optional().describe('absent when the training left no version'),
  serving: versionFactsSchema,
  gate: gateEvidenceSchema.optional(),
  failed: z.object({ code: z.string(), message: z.string() }).optional(),
  controls: slotContextSchema.shape.controls,
});
export type CandidateContext = z.infer<typeof candidateContextSchema>;

export const decisionActionSchema = z.enum(['none', 'retrain', 'rollback', 'promote', 'refuse', 'pause']);

/** A rule that was looked at, and what it said. */
export const ruleVerdictSchema = z.object({
  rule: z.string(),
  verdict: z.enum(['asks', 'forbids', 'silent', 'allows']),
  why: z.string(),
});
export type RuleVerdict = z.infer<typeof ruleVerdictSchema>;

export const decisionResultSchema = z.object({
  action: decisionActionSchema,
  reason: z.string(),
  /** With `retrain`. */
  mode: z.enum(['new_recipe', 'refit']).optional(),
  /** With `rollback` and `promote`: the version that serves from the next bar on. */
  target: versionFactsSchema.optional(),
  /** With `rollback`: the artifact that may not return. */
  latch: z.string().optional(),
  rules: z.array(ruleVerdictSchema),
});
export type DecisionResult = z.infer<typeof decisionResultSchema>;

export const decisionSchema = z.object({
  id: z.string(),
  timeline: z.string(),
  agent: nameSchema,
  kind: z.enum(['slot', 'candidate']),
  slotAt: instantSchema,
  asOf: instantSchema,
  action: decisionActionSchema,
  reason: z.string(),
  contextSha256: z.string(),
  policyHash: z.string(),
  codeVersion: z.string(),
  jobId: z.string().optional(),
  result: decisionResultSchema,
});
export type Decision = z.infer<typeof decisionSchema>;
export const decisionsPageSchema = pageOf(decisionSchema);
export const decisionsQuerySchema = pageQuerySchema.extend({
  agent: nameSchema.optional(),
  timeline: timelineIdSchema.optional().describe('default: the live one'),
  action: decisionActionSchema.optional(),
  only: z.enum(['acted']).optional().describe('`acted` leaves out the decisions to do nothing'),
});
/** The decision, its stored context, and what `decide` makes of that context now. */
export const explanationSchema = z.object({
  decision: decisionSchema,
  context: z.record(z.string(), z.unknown()),
  derived: decisionResultSchema.optional().describe('absent when the stored context cannot be read'),
  problem: z.string().optional().describe('why it cannot be read'),
  same: z.boolean().describe('the stored context leads to the stored result, by the code that runs now'),
  contextIntact: z.boolean().describe('the stored context has the stored hash'),
});
export type Explanation = z.infer<typeof explanationSchema>;
