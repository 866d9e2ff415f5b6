import { z } from 'zod';
import {
  instantOrDateSchema,
  instantSchema,
  nameSchema,
  pageOf,
  textSchema,
  timelinePageQuerySchema,
  versionRefSchema,
} from './common.js';

/** How far the prediction's log row has got when the reply is sent. */
export const durabilitySchema = z.enum(['buffered', 'durable']);
export type Durability = z.infer<typeof durabilitySchema>;
export const loggedSchema = z.enum(['durable', 'buffered', 'dropped']);
export type Logged = z.infer<typeof loggedSchema>;

/** A scalar input, or a window oldest first; leading nulls mean that history is shorter than the window. */
export const featureValueSchema = z.union([z.number(), z.array(z.number().nullable()).max(5000)]);

/** The most rows any configuration allows; the configured limit of a process is refused with 413. */
const MAX_ROWS = 100_000;

export const predictItemSchema = z.strictObject({
  agent: nameSchema,
  asOf: instantOrDateSchema.optional().describe('predict from stored bars as known then; default now'),
  features: z
    .record(z.string(), featureValueSchema)
    .optional()
    .describe('predict from these inputs instead of stored bars'),
  version: versionRefSchema.optional().describe('a named version instead of Production'),
  key: textSchema(0, 200).optional().describe('correlation key of the caller'),
});
export type PredictItem = z.infer<typeof predictItemSchema>;

export const predictRequestSchema = z.union([
  predictItemSchema.extend({ durability: durabilitySchema.default('buffered') }),
  z.strictObject({
    items: z.array(predictItemSchema).min(1).max(MAX_ROWS),
    durability: durabilitySchema.default('buffered'),
  }),
]);
export type PredictRequest = z.infer<typeof predictRequestSchema>;

/** What `latencyUs` says; waiting for bars, for the log and for the network are other figures. */
const LATENCY = 'microseconds to build the inputs from bars in memory and to score them; the mean over a batch';

export const predictionReplySchema = z.object({
  id: z.string(),
  agent: nameSchema,
  version: z.string(),
  sequence: z.number().int(),
  generation: z
    .number()
    .int()
    .describe('generation under which the version serves; 0 for one that is not in Production'),
  outputs: z.record(z.string(), z.number()),
  asOf: instantSchema.nullable().describe('event time of the last bar used; null when the caller sent the inputs'),
  dataAgeSeconds: z.number().nullable(),
  stale: z.boolean(),
  historical: z.boolean().describe('the source has ended: its last bar counts as now'),
  logged: loggedSchema,
  latencyUs: z.number().describe(LATENCY),
});
export type PredictionReply = z.infer<typeof predictionReplySchema>;
export const predictResponseSchema = z.union([
  predictionReplySchema,
  z.object({ items: z.array(predictionReplySchema) }),
]);

/** Asked for by a caller, or made by the loop for each bar; `replay` was written by walks of earlier releases. */
export const predictionModeSchema = z.enum(['live', 'loop', 'replay']);

export const predictionSchema = z.object({
  id: z.string(),
  at: instantSchema,
  timeline: z.string(),
  agent: nameSchema,
  version: z.string(),
  sequence: z.number().int(),
  generation: z.number().int(),
  mode: predictionModeSchema,
  asOf: instantSchema.nullable(),
  key: z.string().nullable(),
  inputs: z.array(z.number().nullable()).nullable(),
  inputsSha256: z.string(),
  outputs: z.record(z.string(), z.number()),
  latencyUs: z.number().describe(LATENCY),
});
export type Prediction = z.infer<typeof predictionSchema>;
export const predictionsQuerySchema = timelinePageQuerySchema.extend({
  agent: nameSchema.optional(),
  mode: predictionModeSchema.optional(),
  from: instantOrDateSchema.optional(),
  to: instantOrDateSchema.optional(),
});
export const predictionsPageSchema = pageOf(predictionSchema);

export const outcomeSchema = z.object({
  timeline: z.string(),
  agent: nameSchema,
  asOf: instantSchema,
  value: z.number(),
  labelEnd: instantSchema,
  knownAt: instantSchema,
  revision: z.number().int(),
});
export type Outcome = z.infer<typeof outcomeSchema>;
export const outcomesQuerySchema = timelinePageQuerySchema.extend({
  agent: nameSchema,
  from: instantOrDateSchema.optional(),
  to: instantOrDateSchema.optional(),
});
export const outcomesPageSchema = pageOf(outcomeSchema);
