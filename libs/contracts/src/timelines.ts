import { z } from 'zod';
import { instantOrDateSchema, instantSchema, nameSchema, timelineIdSchema } from './common.js';
import { jobSchema } from './jobs.js';
import { deploymentSchema } from './models.js';
import { policySchema, type ScheduleName } from './policy.js';

export const agentLoopSchema = z.object({
  agent: nameSchema,
  state: z.enum(['replaying', 'halted', 'ready']),
  policy: z.string(),
  seenBar: instantSchema.optional(),
  seenSlot: instantSchema.optional(),
  until: instantSchema.optional(),
  halted: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type AgentLoop = z.infer<typeof agentLoopSchema>;

export const timelineSchema = z.object({
  id: timelineIdSchema,
  purpose: z.enum(['live', 'replay', 'comparison']),
  isLive: z.boolean(),
  note: z.string().optional(),
  createdAt: instantSchema,
  loops: z.array(agentLoopSchema),
});
export type Timeline = z.infer<typeof timelineSchema>;
export const timelinesSchema = z.object({ items: z.array(timelineSchema) });

/** A move of the live pointer: what serves now. */
export const adoptionSchema = z.object({
  timeline: timelineIdSchema.describe('the live timeline from now on'),
  before: timelineIdSchema.describe('the live timeline until now; the same when nothing changed'),
  deployments: z.array(deploymentSchema).describe('what each model serves from now on'),
  unserved: z
    .array(nameSchema)
    .describe('models that served until now and have nothing in Production on this timeline'),
});
export type Adoption = z.infer<typeof adoptionSchema>;

/**
 * A policy in place of the agent's own. Unwrapped of its default: left out, it is left out, and does not become that of an
 * agent whose file declares none.
 */
const otherPolicySchema = policySchema.unwrap().optional();

export const replayPayloadSchema = z.strictObject({
  agent: nameSchema,
  timeline: timelineIdSchema,
  purpose: z.enum(['live', 'replay', 'comparison']).default('replay'),
  /** First and last bar (event dates) that the loop sees as new; default: those of the agent's file, else all with 260 bars before them. */
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  policy: otherPolicySchema,
});
export type ReplayPayload = z.infer<typeof replayPayloadSchema>;

/** A slot of an agent's schedule that the loop acts on; live ones are enqueued by the scheduler. */
export const slotPayloadSchema = z.strictObject({
  agent: nameSchema,
  schedule: z.enum(['drift', 'retrain'] satisfies ScheduleName[]),
  slotAt: instantSchema,
  timeline: timelineIdSchema.optional().describe('default the live one'),
  manual: z.boolean().optional().describe('asked for by hand: decides even without a new bar'),
});
export type SlotPayload = z.infer<typeof slotPayloadSchema>;

/** Follows a training that the loop asked for: the policy decides about what it left. */
export const candidatePayloadSchema = z.strictObject({
  agent: nameSchema,
  timeline: timelineIdSchema,
  decision: z.uuid().describe('the decision that asked for the training'),
});
export type CandidatePayload = z.infer<typeof candidatePayloadSchema>;

export const startReplaySchema = z.strictObject({
  agents: z.array(nameSchema).min(1).optional(),
  timeline: timelineIdSchema.optional(),
  from: z.iso
    .date()
    .optional()
    .describe('default: that of the agent’s file, else the earliest day on which its baseline can be fitted'),
  to: z.iso.date().optional(),
  policy: otherPolicySchema,
});
export type StartReplay = z.infer<typeof startReplaySchema>;
export const replayStartedSchema = z.object({ timeline: timelineIdSchema, jobs: z.array(jobSchema) });

/** What a replay left. */
export const replayResultSchema = z.object({
  timeline: timelineIdSchema,
  agent: nameSchema,
  from: instantSchema.describe('event time of the first bar'),
  until: instantSchema.describe('simulated time it reached'),
  bars: z.number().int(),
  fits: z.number().int(),
  promotions: z.number().int(),
  refusals: z.number().int(),
  rollbacks: z.number().int(),
  opening: z.number().int().optional().describe('number of the opening of the sealed span that it was'),
  digest: z.string(),
});
export type ReplayResult = z.infer<typeof replayResultSchema>;

export const digestQuerySchema = z.strictObject({
  agent: nameSchema,
  until: instantOrDateSchema.optional().describe('simulated time; default how far the loop has come'),
});

/** Fingerprints of one agent's history on a timeline, table by table, over rows of simulated time up to `until`. */
export const digestSchema = z.object({
  timeline: z.string(),
  agent: nameSchema,
  until: instantSchema,
  sha256: z.string(),
  tables: z.array(z.object({ table: z.string(), rows: z.number().int(), sha256: z.string() })),
});
export type Digest = z.infer<typeof digestSchema>;
