import { z } from 'zod';
import { instantSchema, nameSchema, pageOf, pageQuerySchema, textSchema, timelineIdSchema } from './common.js';

/** What most likely lies behind a difference. */
export const differenceCauses = [
  'bar overwritten in place',
  'known-at backdated',
  'inputs differ',
  'clock',
  'context tampered',
  'log changed',
] as const;
export const differenceCauseSchema = z.enum(differenceCauses);
export type DifferenceCause = z.infer<typeof differenceCauseSchema>;

const cellSchema = z.union([z.string(), z.number(), z.null()]);

/** One cell of what was logged that the bars do not lead to. */
export const differenceSchema = z.object({
  table: z.string(),
  key: z.record(z.string(), z.string()),
  column: z.string(),
  logged: cellSchema.describe('of a bar: as it came in'),
  rebuilt: cellSchema.describe('of a bar: as it is stored now'),
  cause: differenceCauseSchema,
});
export type Difference = z.infer<typeof differenceSchema>;

/** A bar that was honestly corrected, and the prediction that would have been made had the correction been known. */
export const restatementSchema = z.object({
  eventTime: instantSchema,
  knownAt: instantSchema,
  changes: z.record(z.string(), z.object({ before: z.number(), after: z.number() })),
  prediction: z
    .object({
      asOf: instantSchema,
      version: z.string(),
      logged: z.record(z.string(), z.number()),
      restated: z.record(z.string(), z.number()),
    })
    .optional()
    .describe('absent where the loop had predicted nothing that it bears on'),
});
export type Restatement = z.infer<typeof restatementSchema>;

/** How many rows of each kind were rebuilt. */
export const reconciledSchema = z.object({
  from: instantSchema,
  to: instantSchema,
  bars: z.number().int(),
  predictions: z.number().int(),
  callers: z.number().int().describe('predictions that callers asked for, on stored bars'),
  callerSupplied: z.number().int().describe('on features of the caller: marked and left out'),
  outcomes: z.number().int(),
  monitors: z.number().int(),
  decisions: z.number().int(),
  damagedBars: z.array(z.string()).describe('event time and known-at of bars that are not what came in'),
});
export type Reconciled = z.infer<typeof reconciledSchema>;

export const reconciliationSchema = z.object({
  timeline: z.string(),
  agent: nameSchema,
  day: z.iso.date(),
  state: z.enum(['ok', 'differs', 'explained']),
  firstDifference: differenceSchema.optional(),
  differences: z.number().int(),
  restatements: z.array(restatementSchema),
  checked: reconciledSchema,
  at: instantSchema,
  explainedBy: z.string().optional(),
  explainedAt: instantSchema.optional(),
  note: z.string().optional(),
});
export type Reconciliation = z.infer<typeof reconciliationSchema>;

export const reconcilePayloadSchema = z.strictObject({
  agent: nameSchema,
  timeline: timelineIdSchema.optional().describe('default: the live one'),
  day: z.iso.date().optional().describe('UTC day, by the time things were logged; default: yesterday'),
  bars: z
    .number()
    .int()
    .min(1)
    .max(5000)
    .optional()
    .describe('instead of the day alone: everything since that many bars of the loop, up to the end of the day'),
  slot: z
    .strictObject({ schedule: z.enum(['reconciliation', 'validation']), slotAt: instantSchema })
    .optional()
    .describe('the slot of the schedule that asked for it'),
});
export type ReconcilePayload = z.infer<typeof reconcilePayloadSchema>;
export const startReconciliationSchema = reconcilePayloadSchema.omit({ slot: true });
export type StartReconciliation = z.infer<typeof startReconciliationSchema>;

export const explainReconciliationSchema = z.strictObject({
  agent: nameSchema,
  timeline: timelineIdSchema.optional().describe('default: the live one'),
  day: z.iso.date(),
  note: textSchema(3, 1000).describe('what happened: stored, and shown with the difference'),
});
export type ExplainReconciliation = z.infer<typeof explainReconciliationSchema>;

export const reconciliationsQuerySchema = pageQuerySchema.extend({
  agent: nameSchema.optional(),
  timeline: timelineIdSchema.optional().describe('default: the live one'),
  state: reconciliationSchema.shape.state.optional(),
});
export const reconciliationsPageSchema = pageOf(reconciliationSchema);
