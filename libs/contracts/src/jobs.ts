import { z } from 'zod';
import { familySchema } from './agent.js';
import { instantOrDateSchema, instantSchema, nameSchema, pageOf, pageQuerySchema } from './common.js';

export const jobKindSchema = z.enum([
  'ingest',
  'train',
  'walk',
  'replay',
  'slot',
  'candidate',
  'table',
  'study',
  'reconcile',
  'prune',
]);
export type JobKind = z.infer<typeof jobKindSchema>;
export const jobStateSchema = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
export type JobState = z.infer<typeof jobStateSchema>;

export const ingestPayloadSchema = z.strictObject({ agent: nameSchema });
export const trainPayloadSchema = z.strictObject({
  agent: nameSchema,
  asOf: instantOrDateSchema.optional(),
  families: z.array(familySchema).min(1).optional().describe('of a new recipe: default those of the agent'),
  seed: z.number().int().min(0).optional(),
  bump: z.literal('patch').optional().describe('register as a fix of the newest version: same family and signature'),
  mode: z
    .enum(['new_recipe', 'refit', 'baseline'])
    .optional()
    .describe(
      'new_recipe (default): all families compete; refit: the serving recipe on all rows matured by then; ' +
        'baseline: the naive baseline, put into Production where nothing is yet',
    ),
  gate: z
    .enum(['superiority', 'non_inferiority', 'none'])
    .optional()
    .describe(
      'default superiority for a new recipe, non_inferiority for a refit; none is refused on the live timeline',
    ),
  margin: z.number().gt(0).max(10).optional().describe('of non_inferiority: default 0.005 log loss, 0.02 QLIKE'),
  refitBars: z
    .number()
    .int()
    .min(20)
    .max(5000)
    .optional()
    .describe('newest matured bars that a refit is compared on; default as in the policy of the agent'),
  timeline: z.string().min(1).max(63).optional().describe('history that it belongs to; default the live one'),
  promote: z
    .enum(['if_passed', 'by_policy'])
    .optional()
    .describe('if_passed (default): by this job; by_policy: by the decision that follows it'),
  decision: z.uuid().optional().describe('the decision that asked for it'),
});
export type TrainPayload = z.infer<typeof trainPayloadSchema>;
/** What a caller may ask for: always on the live timeline. */
export const startTrainingSchema = trainPayloadSchema.omit({ timeline: true, promote: true, decision: true });
export type StartTraining = z.infer<typeof startTrainingSchema>;
export const walkPayloadSchema = z.strictObject({ agent: nameSchema });

export const jobSchema = z.object({
  id: z.string(),
  kind: jobKindSchema,
  agent: nameSchema.describe('`installation` where the job belongs to no agent'),
  state: jobStateSchema,
  batch: z.string().optional(),
  attempt: z.number().int(),
  maxAttempts: z.number().int(),
  progress: z.object({ fraction: z.number().min(0).max(1), message: z.string() }),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  payload: z.record(z.string(), z.unknown()),
  result: z.record(z.string(), z.unknown()).optional(),
  cancelRequested: z.boolean(),
  createdAt: instantSchema,
  startedAt: instantSchema.optional(),
  endedAt: instantSchema.optional(),
});
export type Job = z.infer<typeof jobSchema>;
export const jobsQuerySchema = pageQuerySchema.extend({
  state: jobStateSchema.optional(),
  kind: jobKindSchema.optional(),
  agent: nameSchema.optional(),
});
export const jobsPageSchema = pageOf(jobSchema);
export const jobLogLineSchema = z.object({
  line: z.number().int(),
  at: instantSchema,
  level: z.string(),
  message: z.string(),
});
export type JobLogLine = z.infer<typeof jobLogLineSchema>;
export const jobLogsPageSchema = pageOf(jobLogLineSchema);

export const runSchema = z.object({
  id: z.string(),
  jobId: z.string(),
  timeline: z.string(),
  agent: nameSchema,
  family: familySchema,
  state: jobStateSchema,
  seed: z.number().int(),
  params: z.record(z.string(), z.unknown()),
  metrics: z.record(z.string(), z.number()),
  configurationsTried: z.number().int(),
  dataHash: z.string(),
  asOf: instantSchema,
  artifactSha256: z.string().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  startedAt: instantSchema,
  endedAt: instantSchema.optional(),
});
export type Run = z.infer<typeof runSchema>;
export const runsQuerySchema = pageQuerySchema.extend({ agent: nameSchema.optional(), jobId: z.uuid().optional() });
export const runsPageSchema = pageOf(runSchema);
