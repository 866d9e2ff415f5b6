import { z } from 'zod';
import { instantSchema, nameSchema, taskSchema, timelineIdSchema } from './common.js';
import { jobSchema } from './jobs.js';

const bars = (low: number, high: number, by: number): z.ZodDefault<z.ZodNumber> =>
  z.number().int().min(low).max(high).default(by);

/** How large a study is; the defaults are those of the table's rows 7 to 10. */
export const studySizesSchema = z
  .strictObject({
    draws: bars(100, 100_000, 1000).describe('random calendars of the placebo (row 7)'),
    gridBars: bars(5, 250, 21).describe('bars between the fits that the placebo draws from'),
    starts: bars(1, 20, 7).describe('start offsets of the policy (row 8)'),
    startStepBars: bars(1, 250, 9).describe('bars between start offsets'),
    warmUpBars: bars(260, 5000, 1500).describe('bars of a simulated market before its replay begins'),
    quietBars: bars(60, 10_000, 4032).describe('bars replayed in a market without a signal (row 9)'),
    quietSeeds: bars(0, 20, 2).describe('simulated markets of each kind without a signal'),
    beforeBreakBars: bars(60, 5000, 504).describe('bars replayed before the planted break (row 10)'),
    afterBreakBars: bars(60, 5000, 756).describe('bars replayed after it'),
    breakSeeds: bars(0, 50, 5).describe('simulated markets with a break'),
  })
  .prefault({});
export type StudySizes = z.infer<typeof studySizesSchema>;

export const startStudySchema = z.strictObject({
  agents: z.array(nameSchema).min(1).optional().describe('default: all whose bars come from a file'),
  from: z.iso.date().optional().describe('first bar that the policy sees as new; default as in the agent’s file'),
  to: z.iso.date().optional(),
  sizes: studySizesSchema,
  rerun: z.boolean().default(false).describe('another study, although the newest one runs or has succeeded'),
});
export type StartStudy = z.infer<typeof startStudySchema>;

/** Payload of the job `study`: `worlds` simulates the markets that replays then run through, `report` measures them all. */
export const studyPayloadSchema = z.strictObject({
  agent: nameSchema,
  study: timelineIdSchema,
  part: z.enum(['worlds', 'report']),
  asOf: instantSchema.describe('the agent’s bars are those known by then'),
  steps: z.number().int().describe('jobs of the agent’s chain'),
  sizes: studySizesSchema,
});
export type StudyPayload = z.infer<typeof studyPayloadSchema>;

const counts = {
  fits: z.number().int(),
  promotions: z.number().int(),
  refusals: z.number().int(),
  rollbacks: z.number().int(),
};

/** Row 7: the loss of serving the newest of so many fits at random bars of a grid. */
export const placeboSchema = z.object({
  gridFits: z.number().int().describe('fits drawn from'),
  policyLoss: z.number(),
  baselineLoss: z.number(),
  rows: z.array(
    z.object({
      of: z.enum(['promotions', 'fits']).describe('what the policy made as many of'),
      refits: z.number().int(),
      draws: z.number().int(),
      median: z.number(),
      low: z.number().describe('5 % quantile'),
      high: z.number().describe('95 % quantile'),
      shareAsGood: z.number().describe('share of draws whose loss is not above the policy’s'),
    }),
  ),
});
export type Placebo = z.infer<typeof placeboSchema>;

/** Row 8: the policy from another first bar. */
export const startRowSchema = z.object({
  offset: z.number().int(),
  from: instantSchema,
  bars: z.number().int(),
  loss: z.number().describe('on its own bars'),
  commonLoss: z.number().describe('on the bars that all starts have'),
  ...counts,
});
export type StartRow = z.infer<typeof startRowSchema>;

const promotedSchema = z.object({
  promoted: z.number().int().describe('promotions that served at least one bar'),
  withoutGain: z
    .number()
    .int()
    .describe('of these: expected loss, by the law of the simulation, not below that of what they replaced'),
});

/** Row 9: a market in which nothing can be predicted beyond what is stated. */
export const quietRowSchema = z.object({
  world: z.string(),
  kind: z.enum(['garch', 'resampled']),
  seed: z.number().int(),
  bars: z.number().int(),
  years: z.number(),
  ...counts,
  newRecipes: promotedSchema.describe('promoted by superiority'),
  refits: promotedSchema.describe('promoted by non-inferiority'),
  alarms: z.array(z.object({ kind: z.string(), monitor: z.string(), count: z.number().int() })),
});
export type QuietRow = z.infer<typeof quietRowSchema>;

/** Row 10: bars from the planted break on; absent where it did not happen. */
export const breakRowSchema = z.object({
  world: z.string(),
  seed: z.number().int(),
  at: instantSchema.describe('event time of the first bar after the break'),
  servedAtBreak: z.string().describe('version that served at the break'),
  wasTrained: z.boolean().describe('it was not the naive baseline: there was something to lose'),
  barsToAlarm: z.number().int().optional().describe('first alarm of the loss'),
  barsToDriftAlarm: z.number().int().optional(),
  barsToChange: z.number().int().optional().describe('first other version in Production'),
  barsToRetrain: z.number().int().optional().describe('first training decided after the first alarm of the loss'),
  barsToHarm: z.number().int().optional().describe('loss against the baseline first above its band'),
  barsToRecovery: z.number().int().optional().describe('back within it from then on for 63 bars'),
  band: z
    .number()
    .describe(
      'upper end of the band: mean over 63 bars of loss minus the baseline’s: the highest before the break, or 0',
    ),
});
export type BreakRow = z.infer<typeof breakRowSchema>;

export const studyResultSchema = z.object({
  agent: nameSchema,
  task: taskSchema,
  study: timelineIdSchema,
  loss: z.enum(['log_loss', 'qlike']),
  policy: z.string(),
  span: z.object({ from: instantSchema, to: instantSchema, bars: z.number().int() }),
  opening: z.number().int().optional().describe('number of the opening of the sealed bars that this study was'),
  sizes: studySizesSchema,
  placebo: placeboSchema,
  starts: z.array(startRowSchema),
  quiet: z.array(quietRowSchema),
  breaks: z.array(breakRowSchema),
});
export type StudyResult = z.infer<typeof studyResultSchema>;

export const studySchema = z.object({
  study: timelineIdSchema.optional(),
  state: z.enum(['none', 'running', 'succeeded', 'failed']),
  progress: z.number().min(0).max(1),
  message: z.string(),
  jobs: z.array(jobSchema),
  results: z.array(studyResultSchema),
  reports: z.array(z.string()).describe('paths under which the API shows the reports'),
  text: z.string().optional(),
});
export type Study = z.infer<typeof studySchema>;
