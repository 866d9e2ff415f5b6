import { z } from 'zod';
import { taskSchema } from './common.js';
import { signatureSchema } from './signature.js';

/** What a trainer leaves beside `model.onnx`: see docs/trainer-contract.md and schemas/trainer-report.v1.schema.json. */
export const trainerReportSchema = z.looseObject({
  contractVersion: z.literal(1),
  family: z.string(),
  task: taskSchema,
  signature: signatureSchema,
  params: z.record(z.string(), z.unknown()),
  seed: z.number().int(),
  codeVersion: z.string(),
  configurationsTried: z.number().int().min(1),
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

/** `dataset.json` of a `prepare`: half-open event-time ranges, already purged. */
export const datasetSchema = z.looseObject({
  contractVersion: z.literal(1),
  rows: z.number().int(),
  sha256: z.string(),
  barsSha256: z.string(),
  effectiveSamples: z.number(),
  split: z.object({
    folds: z.array(
      z.object({ fit: rangeSchema, earlyStopping: rangeSchema, calibration: rangeSchema, test: rangeSchema }),
    ),
    gate: rangeSchema,
  }),
});
export type Dataset = z.infer<typeof datasetSchema>;

/** One line of a trainer's standard output. */
export const trainerEventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('progress'), fraction: z.number(), message: z.string() }),
  z.object({ event: z.literal('metric'), key: z.string(), value: z.number(), step: z.number() }),
  z.object({ event: z.literal('log'), level: z.string(), message: z.string() }),
  z.object({ event: z.literal('checkpoint'), path: z.string() }),
  z.looseObject({ event: z.literal('done') }),
  z.object({ event: z.literal('failed'), code: z.string(), message: z.string() }),
]);
export type TrainerEvent = z.infer<typeof trainerEventSchema>;
