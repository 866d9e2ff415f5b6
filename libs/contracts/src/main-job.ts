import { z } from 'zod';
import { instantSchema, nameSchema, taskSchema } from './common.js';
import { jobSchema } from './jobs.js';

/** One row of the result table. A figure that cannot be computed is absent, never zero. */
export const resultRowSchema = z.object({
  name: z.string(),
  kind: z.enum(['baseline', 'hold', 'family', 'served']),
  bars: z.number().int(),
  loss: z.number().optional(),
  deltaLoss: z.number().optional().describe('mean paired loss minus the baseline row; negative is better'),
  deltaT: z.number().optional().describe('HAC t statistic of deltaLoss'),
  deltaCritical: z.number().optional().describe('|deltaT| from which the difference is shown: two-sided 5 %, fixed-b'),
  smallestDetectable: z
    .number()
    .optional()
    .describe('difference of loss that this span would show with 80 % probability'),
  isConstant: z.boolean().optional().describe('the model gave the same answer on every bar'),
  hitRate: z.number().optional(),
  baseRate: z.number().optional(),
  netSharpe: z.number().optional(),
  netSharpeSe: z.number().optional(),
  sharpeAgainstHold: z
    .object({
      difference: z.number(),
      standardError: z.number().optional(),
      isShown: z.boolean().describe('two-sided 5 %, HAC on the paired returns, fixed-b'),
    })
    .optional(),
  turnoverPerYear: z.number().optional(),
  maxDrawdown: z.number().optional(),
  breakEvenBps: z.number().optional(),
  breaches: z.number().int().optional(),
  expectedBreaches: z.number().optional(),
  breachRateInterval: z.tuple([z.number(), z.number()]).optional(),
  christoffersenP: z.number().optional().describe('conditional coverage, over the whole span'),
  worstWindowBreaches: z.number().int().optional().describe('most breaches in any 250 bars in a row'),
});
export type ResultRow = z.infer<typeof resultRowSchema>;

export const resultTableSchema = z.object({
  agent: nameSchema,
  task: taskSchema,
  loss: z.enum(['log_loss', 'qlike']),
  dataHash: z.string(),
  span: z.object({ from: instantSchema, to: instantSchema, bars: z.number().int() }),
  fillRule: z.string(),
  costBps: z.number(),
  returns: z.string(),
  configurationsTried: z.number().int(),
  opening: z.number().int().describe('how many times the sealed span has been opened, this time included'),
  servedVersion: z.string(),
  rows: z.array(resultRowSchema),
  verdict: z.array(z.string()),
});
export type ResultTable = z.infer<typeof resultTableSchema>;

export const mainJobSchema = z.object({
  state: z.enum(['none', 'running', 'succeeded', 'failed']),
  progress: z.number().min(0).max(1),
  message: z.string(),
  jobs: z.array(jobSchema),
  results: z.array(resultTableSchema),
  text: z.string().optional().describe('the result tables as they are printed'),
});
export type MainJob = z.infer<typeof mainJobSchema>;

export const mainJobRequestSchema = z
  .strictObject({
    rerun: z
      .boolean()
      .default(false)
      .describe('start again although one has succeeded; opens the sealed spans once more'),
  })
  .prefault({});
