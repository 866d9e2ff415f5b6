import { z } from 'zod';
import { taskSchema } from './common.js';
import { signatureSchema } from './signature.js';

/**
 * What a trainer leaves beside `model.onnx`: see docs/trainer-contract.md and schemas/trainer-report.v1.schema.json. The
 * same job gives the same bytes. A refit scores nothing: `metrics` is empty and `configurationsTried` 0.
 */
export const trainerReportSchema = z.looseObject({
  contractVersion: z.literal(1),
  family: z.string(),
  task: taskSchema,
  signature: signatureSchema,
  params: z.record(z.string(), z.unknown()),
  seed: z.number().int(),
  codeVersion: z.string(),
  configurationsTried: z.number().int().min(0),
  metrics: z.record(z.string(), z.number()),
  parity: z.object({
    rows: z.number().int().min(256),
    inputWidth: z.number().int().min(1),
    outputWidth: z.number().int().min(1),
    inputs: z.string(),
    outputs: z.string(),
  }),
  modelSha256: z.string(),
});
export type TrainerReport = z.infer<typeof trainerReportSchema>;

const rangeSchema = z.object({ from: z.iso.datetime({ offset: true }), to: z.iso.datetime({ offset: true }) });

const learningSlices = { fit: rangeSchema, earlyStopping: rangeSchema, calibration: rangeSchema };

const preparedSchema = z.looseObject({
  contractVersion: z.literal(1),
  rows: z.number().int(),
  sha256: z.string(),
  barsSha256: z.string(),
  effectiveSamples: z.number(),
});

/** `dataset.json` of a `prepare` by `walk_forward`: half-open event-time ranges, already purged. */
export const datasetSchema = preparedSchema.extend({
  split: z.object({ folds: z.array(z.object({ ...learningSlices, test: rangeSchema })), gate: rangeSchema }),
});
export type Dataset = z.infer<typeof datasetSchema>;

/** `dataset.json` of a `prepare` by `refit`: one fold without test rows; a gate only where rows were kept for it. */
export const refitDatasetSchema = preparedSchema.extend({
  split: z.strictObject({ folds: z.tuple([z.strictObject(learningSlices)]), gate: rangeSchema.optional() }),
});
export type RefitDataset = z.infer<typeof refitDatasetSchema>;

/** One line of a trainer's standard output. */
export const trainerEventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('progress'), fraction: z.number(), message: z.string() }),
  z.object({ event: z.literal('metric'), key: z.string(), value: z.number(), step: z.number() }),
  z.object({ event: z.literal('log'), level: z.string(), message: z.string() }),
  z.object({ event: z.literal('checkpoint'), path: z.string() }),
  z.looseObject({
    event: z.literal('done'),
    durationMs: z.number().optional(),
    peakMemoryBytes: z.number().optional(),
  }),
  z.object({ event: z.literal('failed'), code: z.string(), message: z.string() }),
]);
export type TrainerEvent = z.infer<typeof trainerEventSchema>;
