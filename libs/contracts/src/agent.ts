import { z } from 'zod';
import { INSTALLATION, nameSchema, taskSchema } from './common.js';
import { monitorsSchema } from './monitors.js';
import { policySchema, scheduleSchema } from './policy.js';
import { labelSpecSchema } from './signature.js';

/** The twelve scale-free features; every one is a pure function of the last 260 bars and never uses `open`. */
export const featureNames = [
  'ret_1',
  'ret_5',
  'ret_20',
  'rsi_14',
  'macd_atr',
  'macd_hist_atr',
  'atr_close',
  'bollinger_b',
  'adx_14',
  'parkinson_20',
  'vol_ratio_5_60',
  'volume_ratio_20',
] as const;
export const featureNameSchema = z.enum(featureNames);

export const directionFamilies = ['base_rate', 'logistic', 'gbdt'] as const;
export const volatilityFamilies = ['ewma', 'log_har', 'gjr_garch_t'] as const;
export const familySchema = z.enum([...directionFamilies, ...volatilityFamilies]);
export type Family = z.infer<typeof familySchema>;

const columnsSchema = z
  .strictObject({
    time: z.string().default('date'),
    open: z.string().default('open'),
    high: z.string().default('high'),
    low: z.string().default('low'),
    close: z.string().default('close'),
    volume: z.string().default('volume'),
  })
  .prefault({});

/** Where an agent's bars come from. `package` + `file`: inside an npm package; `path`: a CSV relative to the agents folder. */
export const sourceSchema = z
  .strictObject({
    series: nameSchema,
    kind: z.enum(['csv', 'api']),
    package: z.string().optional(),
    file: z.string().optional(),
    path: z.string().optional(),
    columns: columnsSchema,
    /** Hours after a bar's event time at which a file's bar counts as known: 24 for daily bars named by their date. */
    knownAfterHours: z
      .number()
      .min(0)
      .max(24 * 31)
      .default(24),
    /** The source has ended: the last bar counts as now until the first live bar arrives. */
    ended: z.iso.date().optional(),
    /** Whole lines appended to `path` are taken in as they come, known from then on. */
    follow: z.boolean().optional(),
  })
  .superRefine((source, context) => {
    const isPackage = source.package !== undefined && source.file !== undefined;
    if (source.kind === 'csv' && isPackage === (source.path !== undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['path'],
        message: 'a csv source needs either path, or package and file',
      });
    }
    if (source.follow === true && (source.kind !== 'csv' || source.path === undefined || source.ended !== undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['follow'],
        message: 'only a csv source with path that has not ended can be followed',
      });
    }
  });

/** Anchored walk-forward whose slices follow one another in time; sizes count bars. */
export const validationSchema = z
  .strictObject({
    scheme: z.literal('walk_forward').default('walk_forward'),
    folds: z.number().int().min(1).max(20).default(4),
    testBars: z.number().int().min(20).max(5000).default(250),
    earlyStoppingBars: z.number().int().min(20).max(5000).default(250),
    calibrationBars: z.number().int().min(20).max(5000).default(250),
    gateBars: z.number().int().min(20).max(5000).default(500),
    embargoBars: z.number().int().min(0).max(250).default(5),
    minEffectiveSamples: z.number().min(20).max(100_000).default(100),
  })
  .prefault({});

/** A new recipe replaces the serving version only with superior paired loss on at least `minBars` matured bars. */
export const gateSchema = z
  .strictObject({
    rule: z.literal('superiority').default('superiority'),
    alpha: z.union([z.literal(0.01), z.literal(0.025), z.literal(0.05), z.literal(0.1)]).default(0.05),
    minBars: z.number().int().min(250).max(5000).default(250),
  })
  .prefault({});

export const positionSchema = z
  .strictObject({
    rule: z.enum(['long_flat', 'long_short']).default('long_flat'),
    /** Position = mean of this many daily signals. */
    smoothing: z.number().int().min(1).max(60).default(5),
    /** Bars between the deciding close and the fill. 0 is same-bar fill and has to be asked for by name. */
    fill: z.enum(['next_close', 'same_close']).default('next_close'),
    costBps: z.number().min(0).max(1000).default(1),
    barsPerYear: z.number().int().min(1).max(600_000).default(252),
  })
  .prefault({});

export const limitsSchema = z
  .strictObject({
    trainingMemoryMiB: z.number().int().min(64).max(1_048_576).default(2048),
    trainingTimeoutS: z.number().int().min(1).max(86_400).default(600),
  })
  .prefault({});

/** The history that a replay steps through: bars before `from`, enough to fit the baseline on, are there to begin with. */
export const replaySchema = z.strictObject({ from: z.iso.date().optional(), to: z.iso.date().optional() }).prefault({});

export const calendarSchema = z.union([
  z.enum(['none', 'weekdays']),
  z.string().regex(/^file:.+/, 'expected file:PATH'),
]);

/** One agent: a named trading model line. A file `config/agents/<name>.yaml` holds one. */
export const agentSchema = z
  .strictObject({
    agent: nameSchema.refine(
      (name) => name !== INSTALLATION,
      `${INSTALLATION} stands for no agent: choose another name`,
    ),
    description: z.string().min(1).max(500),
    task: taskSchema,
    source: sourceSchema,
    calendar: calendarSchema.default('none'),
    features: z
      .array(featureNameSchema)
      .min(1)
      .default([...featureNames]),
    label: labelSpecSchema,
    baseline: familySchema,
    families: z.array(familySchema).min(1),
    seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(1),
    /** Bars from this date on are sealed: never used to choose recipes, features or thresholds. */
    sealedFrom: z.iso.date(),
    validation: validationSchema,
    gate: gateSchema,
    position: positionSchema,
    limits: limitsSchema,
    replay: replaySchema,
    schedule: scheduleSchema,
    monitors: monitorsSchema,
    policy: policySchema,
  })
  .superRefine((agent, context) => {
    const known: readonly string[] = agent.task === 'direction' ? directionFamilies : volatilityFamilies;
    const label = agent.task === 'direction' ? 'forward_return_sign' : 'next_squared_return';
    const issue = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    if (agent.label.kind !== label) issue(['label', 'kind'], `a ${agent.task} agent needs the label ${label}`);
    [agent.baseline, ...agent.families].forEach((family, index) => {
      const path = index === 0 ? ['baseline'] : ['families', index - 1];
      if (!known.includes(family)) issue(path, `a ${agent.task} agent can use ${known.join(', ')}`);
    });
    if (agent.families.includes(agent.baseline))
      issue(['families'], 'the baseline competes anyway: leave it out of families');
    for (const key of ['features', 'families'] as const) {
      if (new Set<string>(agent[key]).size !== agent[key].length) issue([key], 'the same name stands here twice');
    }
  });
export type Agent = z.infer<typeof agentSchema>;
export type Validation = z.infer<typeof validationSchema>;
export type Position = z.infer<typeof positionSchema>;

/** An agent as the API shows it: its configuration and the hash of its file. */
export const agentViewSchema = z.looseObject({
  agent: nameSchema,
  description: z.string(),
  task: taskSchema,
  hash: z.string(),
});
export const agentsSchema = z.object({ items: z.array(agentViewSchema) });
export type AgentView = Agent & { readonly hash: string };
