import { z } from 'zod';
import { familySchema } from './agent.js';
import { instantOrDateSchema, instantSchema, nameSchema, pageOf, pageQuerySchema } from './common.js';

export const jobKindSchema = z.enum(['ingest', 'train', 'walk']);
export type JobKind = z.infer<typeof jobKindSchema>;
export const jobStateSchema = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
export type JobState = z.infer<typeof jobStateSchema>;

export const ingestPayloadSchema = z.strictObject({ agent: nameSchema });
export const trainPayloadSchema = z.strictObject({
  agent: nameSchema,
  asOf: instantOrDateSchema.optional(),
  families: z.array(familySchema).min(1).optional(),
  seed: z.number().int().min(0).optional(),
  bump: z.literal('patch').optional().describe('register as a fix of the newest version: same family and signature'),
});
export type TrainPayload = z.infer<typeof trainPayloadSchema>;
export const walkPayloadSchema = z.strictObject({ agent: nameSchema });

export const jobSchema = z.object({
  id: z.string(),
  kind: jobKindSchema,
  agent: nameSchema,
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
