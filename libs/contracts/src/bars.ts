import { z } from 'zod';
import { instantOrDateSchema, instantSchema, nameSchema, pageOf, pageQuerySchema } from './common.js';

export const barInputSchema = z.strictObject({
  time: z.union([instantSchema, z.iso.date()]).describe('event time of the bar; a date means 00:00 UTC of that day'),
  open: z.number().positive(),
  high: z.number().positive(),
  low: z.number().positive(),
  close: z.number().positive(),
  volume: z.number().min(0),
});
export type BarInput = z.infer<typeof barInputSchema>;

export const postBarsRequestSchema = z.strictObject({
  series: nameSchema,
  bars: z.array(barInputSchema).min(1).max(10_000),
});
export type PostBarsRequest = z.infer<typeof postBarsRequestSchema>;

/** What an ingest did: new rows, rows equal to what was known already, restated rows, and warnings. */
export const ingestReportSchema = z.object({
  series: nameSchema,
  rows: z.number().int(),
  inserted: z.number().int(),
  unchanged: z.number().int(),
  restated: z.number().int(),
  from: instantSchema.optional(),
  to: instantSchema.optional(),
  openEqualsPreviousClose: z.number().min(0).max(1).optional(),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type IngestReport = z.infer<typeof ingestReportSchema>;

export const barSchema = z.object({
  series: nameSchema,
  eventTime: instantSchema,
  knownAt: instantSchema,
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
});
export type BarView = z.infer<typeof barSchema>;

export const barsQuerySchema = pageQuerySchema.extend({
  series: nameSchema,
  from: instantOrDateSchema.optional(),
  to: instantOrDateSchema.optional(),
  asOf: instantOrDateSchema.optional().describe('rows as known at this instant; default now'),
});
export const barsPageSchema = pageOf(barSchema);
