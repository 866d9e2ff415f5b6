import { z } from 'zod';
import { familySchema } from './agent.js';
import { instantSchema, nameSchema, taskSchema, timelineIdSchema } from './common.js';
import { jobSchema } from './jobs.js';
import { alertKindSchema } from './monitoring.js';

/**
 * Payload of the job `table`: the timelines that replays of an agent left, by what they are in the table. Each of the
 * comparison timelines may be missing: its row is then left out.
 */
export const tablePayloadSchema = z.strictObject({
  agent: nameSchema,
  timelines: z.strictObject({
    policy: timelineIdSchema,
    once: timelineIdSchema.optional(),
    always: timelineIdSchema.optional(),
    gated: timelineIdSchema.optional(),
  }),
});
export type TablePayload = z.infer<typeof tablePayloadSchema>;

/** A paired comparison of losses on the same bars. Absent figures could not be computed: too few bars, or no difference. */
const pairedDifference = {
  deltaLoss: z.number().optional().describe('mean of the paired differences of loss; negative is better'),
  deltaT: z.number().optional().describe('HAC t statistic of deltaLoss'),
  deltaCritical: z.number().optional().describe('|deltaT| from which the difference is shown: two-sided 5 %, fixed-b'),
  smallestDetectable: z
    .number()
    .optional()
    .describe('difference of loss that this span would show with 80 % probability'),
};

/** One row of the result table. A figure that cannot be computed is absent, never zero. */
export const resultRowSchema = z.strictObject({
  name: z.string(),
  kind: z
    .enum(['baseline', 'hold', 'once', 'always', 'gated', 'policy', 'era'])
    .describe(
      'the naive baseline; holding the index; trained once; every so many bars with the newest always in, and through the gate; the policy; the policy in an era',
    ),
  number: z.number().int().optional().describe('number of the row; eras have none'),
  bars: z.number().int().describe('bars whose label has matured'),
  fits: z.number().int().optional().describe('trainings that were asked for'),
  promotions: z.number().int().optional(),
  refusals: z.number().int().optional(),
  rollbacks: z.number().int().optional(),
  loss: z.number().optional(),
  ...pairedDifference,
  isConstant: z.boolean().optional().describe('the same answer was given on every bar'),
  hitRate: z.number().optional(),
  baseRate: z.number().optional().describe('share of positive labels: what always saying "up" scores'),
  netSharpe: z.number().optional().describe('of daily returns after cost, annualised'),
  netSharpeSe: z.number().optional().describe('HAC standard error of netSharpe'),
  sharpeAgainstHold: z
    .strictObject({
      difference: z.number(),
      standardError: z.number().optional(),
      isShown: z.boolean().describe('two-sided 5 %, HAC on the paired returns, fixed-b'),
    })
    .optional(),
  turnoverPerYear: z.number().optional().describe('sum of absolute changes of position a year'),
  maxDrawdown: z.number().optional(),
  breakEvenBps: z.number().optional().describe('cost per unit of turnover at which summed net returns are zero'),
  breaches: z.number().int().optional(),
  expectedBreaches: z.number().optional(),
  breachRateInterval: z
    .tuple([z.number(), z.number()])
    .optional()
    .describe('exact 95 % interval (Clopper and Pearson, 1934)'),
  christoffersenP: z.number().optional().describe('conditional coverage, over the whole span'),
  worstWindowBreaches: z.number().int().optional().describe('most breaches in any 250 bars in a row'),
});
export type ResultRow = z.infer<typeof resultRowSchema>;

/** Consecutive bars that one version answered. */
export const servedPeriodSchema = z.strictObject({
  version: z.string(),
  family: familySchema,
  isBaseline: z.boolean(),
  from: instantSchema,
  to: instantSchema,
  bars: z.number().int(),
});
export type ServedPeriod = z.infer<typeof servedPeriodSchema>;

/** Two rows of the table held against each other: mean loss of the first minus that of the second. */
export const rowComparisonSchema = z.strictObject({
  of: resultRowSchema.shape.kind,
  against: resultRowSchema.shape.kind,
  ...pairedDifference,
});
export type RowComparison = z.infer<typeof rowComparisonSchema>;

/** Alarms of one monitor, and whether the served loss was higher after them than before. */
export const alarmKindSchema = z.strictObject({
  kind: alertKindSchema,
  monitor: z.string(),
  alarms: z.number().int(),
  judged: z.number().int().describe('alarms with a full window of matured bars on both sides'),
  followedByHigherLoss: z
    .number()
    .int()
    .describe('judged alarms after which the mean loss was higher than in the window that ends with their bar'),
});

/** Row 11 of the table. */
export const alarmsSchema = z.strictObject({
  windowBars: z.number().int(),
  kinds: z.array(alarmKindSchema),
  anyBar: z
    .strictObject({ judged: z.number().int(), followedByHigherLoss: z.number().int() })
    .describe('the same question asked of every bar: what an alarm at random would score'),
  refusals: z.array(z.strictObject({ reason: z.string(), count: z.number().int() })),
});
export type Alarms = z.infer<typeof alarmsSchema>;

/** Row 12 of the table: the same signals told in ways that differ only in their honesty. */
export const tellingsSchema = z.strictObject({
  items: z.array(
    z.strictObject({
      name: z.string(),
      isHonest: z.boolean(),
      sharpe: z.number().optional(),
      standardError: z.number().optional(),
    }),
  ),
  note: z.string().optional().describe('why there is nothing to tell'),
});
export type Tellings = z.infer<typeof tellingsSchema>;

/** From which bar a monitor could raise alarms; absent: it never could. */
export const monitorSpeaksSchema = z.strictObject({
  monitor: z.string(),
  subjects: z.number().int(),
  silent: z.number().int().describe('subjects that never had enough history'),
  from: instantSchema.optional().describe('first bar at which one of its subjects could raise an alarm'),
  allFrom: instantSchema.optional().describe('bar from which all of them could'),
});
export type MonitorSpeaks = z.infer<typeof monitorSpeaksSchema>;

export const resultTableSchema = z.strictObject({
  agent: nameSchema,
  task: taskSchema,
  loss: z.enum(['log_loss', 'qlike']),
  timeline: timelineIdSchema.describe('history that the rows of the policy are read from'),
  dataHash: z.string(),
  span: z
    .strictObject({ from: instantSchema, to: instantSchema, bars: z.number().int() })
    .describe('first to last bar that the loop predicted'),
  fillRule: z.string(),
  costBps: z.number(),
  returns: z.string().describe('what the returns contain and what not'),
  configurationsTried: z.number().int().describe('configurations scored, over all timelines of the table'),
  sealedFrom: z.iso.date(),
  opening: z
    .number()
    .int()
    .optional()
    .describe('how many times the sealed bars have been opened, this time included; absent: the span ends before them'),
  policy: z.strictObject({ name: z.string(), hash: z.string() }),
  monitors: z.array(monitorSpeaksSchema),
  served: z.array(servedPeriodSchema),
  rows: z.array(resultRowSchema),
  comparisons: z.array(rowComparisonSchema),
  alarms: alarmsSchema,
  tellings: tellingsSchema,
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
  timeline: z.string().optional().describe('the timeline it replays on'),
  adopt: z.string().optional().describe('the timeline to adopt by hand, when it is not the live one'),
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
