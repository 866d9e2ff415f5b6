import { z } from 'zod';
import { instantSchema, nameSchema } from './common.js';
import { jobSchema } from './jobs.js';
import { scheduleNames } from './policy.js';

/** What became of one schedule of an agent on the live timeline. */
export const scheduleStateSchema = z.object({
  schedule: z.enum(scheduleNames),
  enabled: z.boolean().describe('by the agent’s file and the flags together'),
  nextSlot: instantSchema.optional().describe('absent where nothing will be due'),
  last: z
    .object({ slot: instantSchema, state: z.string(), outcome: z.string().optional() })
    .optional()
    .describe('the newest slot that ran, failed or was missed'),
  due: z.number().int().describe('slots whose job has not ended'),
  missed: z.number().int().describe('slots that passed while nothing ran'),
  skipped: z.number().int().describe('slots without anything new to look at'),
});
export type ScheduleState = z.infer<typeof scheduleStateSchema>;

/** The nightly prune. It belongs to the installation, not to an agent. */
export const pruneStatusSchema = z.object({
  enabled: z.boolean(),
  nextSlot: instantSchema.optional().describe('absent where it is switched off'),
  last: jobSchema.optional().describe('the newest one, by schedule or by hand'),
});
export type PruneStatus = z.infer<typeof pruneStatusSchema>;

export const scheduleStatusSchema = z.object({
  timeline: z.string(),
  flags: z.object({
    ENABLE_MLOPS_JOBS: z.boolean(),
    mlops_auto_retrain: z.boolean(),
    mlops_drift_detection: z.boolean(),
    mlops_hyperparameter_sweeps: z.literal(false),
  }),
  agents: z.array(z.object({ agent: nameSchema, schedules: z.array(scheduleStateSchema) })),
  prune: pruneStatusSchema,
});
export type ScheduleStatus = z.infer<typeof scheduleStatusSchema>;

/** Any short word: which of them are job types is answered with the list of those that are. */
export const jobTypeSchema = z.string().min(1).max(64);
export const triggerRequestSchema = z.strictObject({
  type: jobTypeSchema.describe('retrain, drift, reconciliation or prune'),
  agent: nameSchema.optional().describe('default: every agent; a prune has none'),
});
export type TriggerRequest = z.infer<typeof triggerRequestSchema>;
export const triggeredSchema = z.object({ jobs: z.array(jobSchema) });
export type Triggered = z.infer<typeof triggeredSchema>;
