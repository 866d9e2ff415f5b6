import { z } from 'zod';
import { alarmFactsSchema } from './decisions.js';
import { instantSchema, nameSchema, pageOf, pageQuerySchema, textSchema } from './common.js';

export const monitorStatusSchema = z.enum(['ok', 'warning', 'critical', 'insufficient', 'degenerate']);
export type MonitorStatus = z.infer<typeof monitorStatusSchema>;

export const driftMetricSchema = z.object({
  timeline: z.string(),
  agent: nameSchema,
  monitor: z.string(),
  subject: z.string(),
  asOf: instantSchema,
  statistic: z.string(),
  value: z.number().optional(),
  limit: z.number().optional(),
  status: monitorStatusSchema,
  pairs: z.number().int(),
  windowBars: z.number().int(),
  referenceBars: z.number().int(),
  referenceEnd: instantSchema.optional(),
  details: z.record(z.string(), z.unknown()),
});
export type DriftMetric = z.infer<typeof driftMetricSchema>;
export const driftMetricsPageSchema = pageOf(driftMetricSchema);
export const driftMetricsQuerySchema = pageQuerySchema.extend({
  agent: nameSchema.optional(),
  timeline: z.string().max(64).optional(),
  monitor: z.string().max(64).optional(),
  subject: z.string().max(64).optional(),
  status: monitorStatusSchema.optional(),
});

export const performanceSchema = z.object({
  timeline: z.string(),
  agent: nameSchema,
  monitor: z.string(),
  asOf: instantSchema,
  version: z.string(),
  bars: z.number().int(),
  value: z.number().optional(),
  limit: z.number().optional(),
  status: monitorStatusSchema,
  details: z.record(z.string(), z.unknown()),
});
export type Performance = z.infer<typeof performanceSchema>;
export const performancePageSchema = pageOf(performanceSchema);
export const performanceQuerySchema = pageQuerySchema.extend({
  agent: nameSchema.optional(),
  timeline: z.string().max(64).optional(),
  monitor: z.string().max(64).optional(),
});

export const importanceSchema = z.object({
  timeline: z.string(),
  agent: nameSchema,
  asOf: instantSchema,
  version: z.string(),
  feature: z.string(),
  importance: z.number().describe('mean increase of the loss when the column is shuffled'),
  standardError: z.number().optional(),
  bars: z.number().int(),
  repeats: z.number().int(),
  seed: z.number().int(),
});
export type Importance = z.infer<typeof importanceSchema>;
export const importancePageSchema = pageOf(importanceSchema);
export const importanceQuerySchema = pageQuerySchema.extend({
  agent: nameSchema.optional(),
  timeline: z.string().max(64).optional(),
});

export const alertKindSchema = z.enum(['DRIFT', 'PERFORMANCE', 'ERROR', 'WARNING']);
export type AlertKind = z.infer<typeof alertKindSchema>;
export const severitySchema = z.enum(['critical', 'high', 'medium', 'low']);
export type Severity = z.infer<typeof severitySchema>;
export const alertSchema = z.object({
  id: z.string(),
  timeline: z.string(),
  agent: nameSchema,
  kind: alertKindSchema,
  severity: severitySchema,
  monitor: z.string(),
  subject: z.string(),
  state: z.enum(['firing', 'resolved']),
  message: z.string(),
  value: z.number().optional(),
  limit: z.number().optional(),
  openedAsOf: instantSchema,
  openedAt: instantSchema,
  resolvedAsOf: instantSchema.optional(),
  resolvedAt: instantSchema.optional(),
  resolvedBy: z.string().optional(),
  acknowledgedAt: instantSchema.optional(),
  acknowledgedBy: z.string().optional(),
  note: z.string().optional(),
});
export type Alert = z.infer<typeof alertSchema>;
export const alertsPageSchema = pageOf(alertSchema);
export const alertsQuerySchema = pageQuerySchema.extend({
  agent: nameSchema.optional(),
  timeline: z.string().max(64).optional(),
  state: z.enum(['firing', 'resolved']).optional(),
  severity: severitySchema.optional(),
});
export const alertNoteSchema = z.strictObject({ note: textSchema(1, 500).optional() }).prefault({});

/** What a monitor says now: its state and its newest figures. */
export const monitorSummarySchema = z.object({
  monitor: z.string(),
  subject: z.string(),
  phase: alarmFactsSchema.shape.phase,
  speaksFrom: instantSchema.optional().describe('first bar at which it could say anything'),
  asOf: instantSchema.optional(),
  statistic: z.string().optional(),
  value: z.number().optional(),
  limit: z.number().optional(),
  status: monitorStatusSchema.optional(),
  alert: z.string().optional().describe('the alert that stands'),
});
export type MonitorSummary = z.infer<typeof monitorSummarySchema>;
export const monitoringSummarySchema = z.object({
  timeline: z.string(),
  agent: nameSchema,
  items: z.array(monitorSummarySchema),
});
export type MonitoringSummary = z.infer<typeof monitoringSummarySchema>;
export const monitoringSummaryQuerySchema = z.strictObject({ timeline: z.string().max(64).optional() });
