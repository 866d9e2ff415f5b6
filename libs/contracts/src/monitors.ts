import { z } from 'zod';

/** Named, versioned conventions of the drift statistics; the native core documents each. */
export const driftConventions = ['psi/quantile-ref', 'kl/quantile-ref', 'js/quantile-ref', 'ks', 'w1/iqr'] as const;
export const driftConventionSchema = z.enum(driftConventions);
export type DriftConvention = z.infer<typeof driftConventionSchema>;

const bars = (fallback: number, min = 20): z.ZodDefault<z.ZodNumber> =>
  z.number().int().min(min).max(5000).default(fallback);

/** Shared by the monitors of inputs and of predictions. */
const driftWindows = {
  /** Computed and stored at every new bar. */
  statistics: z
    .array(driftConventionSchema)
    .min(1)
    .default([...driftConventions]),
  /** The reference: this many bars before the block it is frozen for. */
  referenceBars: bars(250),
  /** The current window; also the length of the block for which a reference stays frozen. */
  windowBars: bars(63),
  /** The limit is this quantile of the same statistic over past pairs of windows at the same lag. */
  limitQuantile: z.number().min(0.5).max(0.9999).default(0.99),
  /** Fewer past pairs than this: the monitor says `insufficient` and raises nothing. */
  minPairs: z.number().int().min(5).max(1000).default(20),
};
/** `alarmOn`: the statistic whose limit raises alerts. */
const featureDriftSchema = z.strictObject({
  ...driftWindows,
  alarmOn: driftConventionSchema.default('psi/quantile-ref'),
});
const predictionDriftSchema = z.strictObject({ ...driftWindows, alarmOn: driftConventionSchema.default('w1/iqr') });
export type DriftMonitor = z.infer<typeof featureDriftSchema>;

const level = z.union([z.literal(0.01), z.literal(0.025), z.literal(0.05), z.literal(0.1)]);

/** What is watched, on which windows, and how an alarm is raised and ends. */
export const monitorsSchema = z
  .strictObject({
    /** `measured`: limits from the agent's own past. `documented`: the fixed numbers of the documentation. */
    preset: z.enum(['measured', 'documented']).default('measured'),
    features: featureDriftSchema.prefault({}),
    predictions: predictionDriftSchema.prefault({}),
    /** Paired loss of the serving version against the naive baseline, on its own matured predictions. */
    loss: z.strictObject({ windowBars: bars(250), minBars: bars(63), alpha: level.default(0.01) }).prefault({}),
    /** Mean outcome against mean forecast; `alpha` is the level of either side. */
    calibration: z.strictObject({ windowBars: bars(250), minBars: bars(125), alpha: level.default(0.01) }).prefault({}),
    /** Breaches of the 1 % value at risk: Basel zones above, a lower-tail exact binomial below. Volatility agents only. */
    valueAtRisk: z
      .strictObject({ windowBars: bars(250, 250), lowerWindowBars: bars(1000, 250), alpha: level.default(0.01) })
      .prefault({}),
    /** Predictions of callers per open session against the median of the sessions before. */
    volume: z
      .strictObject({
        sessions: z.number().int().min(5).max(250).default(20),
        drop: z.number().gt(0).lt(1).default(0.5),
      })
      .prefault({}),
    /** Consecutive bars beyond the limit before an alert opens; below `leaveShare` of it before it closes. */
    hysteresis: z
      .strictObject({
        enterBars: z.number().int().min(1).max(250).default(3),
        leaveBars: z.number().int().min(1).max(250).default(5),
        leaveShare: z.number().gt(0).max(1).default(0.7),
      })
      .prefault({}),
    /** Permutation importance on the newest matured labels. */
    importance: z
      .strictObject({
        everyBars: bars(63, 1),
        windowBars: bars(250),
        repeats: z.number().int().min(1).max(100).default(5),
      })
      .prefault({}),
  })
  .prefault({});
export type Monitors = z.infer<typeof monitorsSchema>;
