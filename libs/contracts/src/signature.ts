import { z } from 'zod';
import { taskSchema } from './common.js';

/** What a model predicts, and when that becomes known. Horizons and lags count bars. */
export const labelSpecSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('forward_return_sign'),
    lag: z.number().int().min(0).max(60),
    horizon: z.number().int().min(1).max(250),
  }),
  z.strictObject({ kind: z.literal('next_squared_return') }),
]);
export type LabelSpec = z.infer<typeof labelSpecSchema>;

/** One input of a model: a per-bar column, a trailing window over a column (oldest first), or the matured label rate. */
export const inputSpecSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('column'), name: z.string(), column: z.string() }),
  z.object({
    kind: z.literal('window'),
    name: z.string(),
    column: z.string(),
    length: z.number().int().min(1).max(5000),
  }),
  z.object({ kind: z.literal('matured_label_rate'), name: z.string() }),
]);
export type InputSpec = z.infer<typeof inputSpecSchema>;

const inputFacts = {
  width: z.number().int().min(1),
  unit: z.string(),
  min: z.number().optional(),
  max: z.number().optional(),
};

export const signatureInputSchema = z.discriminatedUnion('kind', [
  inputSpecSchema.options[0].extend(inputFacts),
  inputSpecSchema.options[1].extend(inputFacts),
  inputSpecSchema.options[2].extend(inputFacts),
]);
export type SignatureInput = z.infer<typeof signatureInputSchema>;

/** Names, widths, units and ranges of a model's inputs and outputs; carried in the ONNX metadata. */
export const signatureSchema = z.object({
  version: z.literal(1),
  task: taskSchema,
  label: labelSpecSchema,
  inputs: z.array(signatureInputSchema).min(1),
  outputs: z
    .array(z.object({ name: z.string(), unit: z.string(), min: z.number().optional(), max: z.number().optional() }))
    .min(1),
});
export type Signature = z.infer<typeof signatureSchema>;
