import { z } from 'zod';
import { familySchema } from './agent.js';
import { instantSchema, nameSchema, pageOf, taskSchema, textSchema, versionRefSchema } from './common.js';
import { signatureSchema } from './signature.js';

export const stageSchema = z.enum(['None', 'Staging', 'Production', 'Archived']);
export type Stage = z.infer<typeof stageSchema>;

/** Paired comparison of candidate and incumbent on bars after both were fitted and chosen. */
export const gateEvidenceSchema = z.object({
  rule: z.enum(['superiority', 'non_inferiority', 'none']),
  passed: z.boolean(),
  reason: z.string(),
  bars: z.number().int(),
  from: instantSchema.optional(),
  to: instantSchema.optional(),
  earlierGates: z
    .number()
    .int()
    .optional()
    .describe('gates of this model asked before on bars of the same slice: each is another chance to pass by luck'),
  loss: z.enum(['log_loss', 'qlike']),
  margin: z.number().optional().describe('non-inferiority: largest tolerable increase of the mean loss'),
  upperBound: z.number().optional().describe('non-inferiority: one-sided upper bound of the increase'),
  sanity: z.array(z.string()).optional().describe('non-inferiority: what is wrong with the refit, if anything'),
  candidate: z
    .object({ sha256: z.string(), meanLoss: z.number() })
    .optional()
    .describe('what was compared: of a refit, the recipe fitted without the compared bars'),
  refit: z.object({ sha256: z.string() }).optional().describe('the refit on all rows, which is what is promoted'),
  incumbent: z.object({ sha256: z.string(), version: z.string(), meanLoss: z.number() }).optional(),
  standIn: z
    .object({ sha256: z.string() })
    .optional()
    .describe('whose losses are the incumbent’s where that one has seen the bars: its recipe, fitted without them'),
  test: z
    .object({
      n: z.number().int(),
      meanDifference: z.number().optional(),
      standardError: z.number().optional(),
      t: z.number().optional(),
      criticalValue: z.number().optional(),
      alpha: z.number(),
      bandwidth: z.number().int(),
      effectiveN: z.number().optional(),
      status: z.enum(['ok', 'insufficient', 'degenerate']),
    })
    .optional(),
});
export type GateEvidence = z.infer<typeof gateEvidenceSchema>;

/** Agreement of ONNX Runtime with the trainer's own outputs on the stored rows. */
export const parityReportSchema = z.object({
  rows: z.number().int(),
  tolerance: z.number(),
  maxRelativeDifference: z.number(),
  passed: z.boolean(),
});
export type ParityReport = z.infer<typeof parityReportSchema>;

export const lineageSchema = z.object({
  runId: z.string().optional(),
  dataHash: z.string(),
  asOf: instantSchema,
  codeVersion: z.string(),
  parentVersion: z.string().optional(),
});

export const modelVersionSchema = z.object({
  id: z.string(),
  model: nameSchema,
  timeline: z.string(),
  sequence: z.number().int(),
  version: z.string(),
  family: familySchema,
  stage: stageSchema,
  artifactSha256: z.string(),
  signature: signatureSchema,
  metrics: z.record(z.string(), z.number()),
  parity: parityReportSchema,
  gate: gateEvidenceSchema.optional(),
  lineage: lineageSchema,
  override: z.object({ reason: z.string(), actor: z.string(), at: instantSchema }).optional(),
  createdAt: instantSchema,
});
export type ModelVersion = z.infer<typeof modelVersionSchema>;

export const modelSchema = z.object({
  name: nameSchema,
  task: taskSchema,
  production: z.object({ version: z.string(), sequence: z.number().int(), generation: z.number().int() }).optional(),
  versions: z.number().int(),
});
export type Model = z.infer<typeof modelSchema>;

export const promoteRequestSchema = z
  .strictObject({
    override: textSchema(5, 500).optional().describe('reason for promoting without a passing gate; stored and shown'),
  })
  .prefault({});
export const rollbackRequestSchema = z
  .strictObject({
    version: versionRefSchema.optional().describe('target; default the previous Production version'),
    reason: textSchema(3, 500).optional(),
  })
  .prefault({});
export const stageRequestSchema = z.strictObject({ stage: z.enum(['None', 'Staging', 'Archived']) });
export const deploymentSchema = z.object({
  model: nameSchema,
  version: z.string(),
  sequence: z.number().int(),
  generation: z.number().int(),
  action: z.enum(['baseline', 'promote', 'rollback', 'adopt']),
  actor: z.string(),
  reason: z.string().optional(),
  at: instantSchema,
});
export type Deployment = z.infer<typeof deploymentSchema>;
export const modelsPageSchema = pageOf(modelSchema);
export const versionsPageSchema = pageOf(modelVersionSchema);
export const deploymentsPageSchema = pageOf(deploymentSchema);
