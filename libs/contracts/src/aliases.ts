import { z } from 'zod';
import { nameSchema, pageOf, pageQuerySchema, taskSchema, textSchema, versionRefSchema } from './common.js';
import { jobsPageSchema, jobsQuerySchema, runSchema, startTrainingSchema } from './jobs.js';
import { deploymentSchema, modelSchema, modelVersionSchema } from './models.js';
import {
  alertSchema,
  driftMetricSchema,
  driftMetricsQuerySchema,
  importanceQuerySchema,
  importanceSchema,
  monitorSummarySchema,
  performanceQuerySchema,
  performanceSchema,
} from './monitoring.js';
import { driftConventionSchema, driftConventions } from './monitors.js';
import { predictItemSchema } from './predict.js';

/**
 * Contracts of the documented paths that are not the primary API. They say `agent_type` where the primary API says
 * `agent`; whatever else they carry has its names.
 */

const agentType = nameSchema.optional().describe('agent; default all');

/** Two versions side by side. A difference is that of `b` minus that of `a`. */
export const versionComparisonSchema = z.object({
  model: nameSchema,
  a: modelVersionSchema,
  b: modelVersionSchema,
  differs: z
    .array(z.string())
    .describe('what is not the same: family, inputs, dataHash, asOf, codeVersion, artifactSha256'),
  metrics: z.array(
    z.object({
      name: z.string(),
      a: z.number().optional(),
      b: z.number().optional(),
      difference: z.number().optional(),
    }),
  ),
  comparable: z
    .boolean()
    .describe(
      'metrics of different data stand side by side without meaning that one version is better; the gate says that',
    ),
});
export type VersionComparison = z.infer<typeof versionComparisonSchema>;

export const triggerRetrainingSchema = z.strictObject({ agent: nameSchema });
export const runMonitoringSchema = z
  .strictObject({ agent: nameSchema.optional().describe('default: every agent') })
  .prefault({});

export const dashboardSchema = z.object({
  model: nameSchema,
  timeline: z.string(),
  serving: modelVersionSchema.extend({ generation: z.number().int() }).optional(),
  monitors: z.array(monitorSummarySchema),
  performance: z.array(performanceSchema).describe('newest figures first'),
  alerts: z.array(alertSchema).describe('alerts that stand'),
});
export type Dashboard = z.infer<typeof dashboardSchema>;

/**
 * The log holds what a registered version computed, and nothing else: figures of a caller have no version, no artifact and
 * no inputs that could be rebuilt. So the features are scored, and that prediction is logged.
 */
export const logPredictionSchema = predictItemSchema
  .omit({ asOf: true, features: true })
  .extend({ features: predictItemSchema.shape.features.unwrap() });
export type LogPrediction = z.infer<typeof logPredictionSchema>;

export const trainingJobsQuerySchema = jobsQuerySchema
  .omit({ kind: true, agent: true })
  .extend({ agent_type: agentType });
export const trainingJobsSchema = jobsPageSchema;
export const dashboardTrainingSchema = startTrainingSchema.omit({ agent: true }).extend({ agent_type: nameSchema });
export type DashboardTraining = z.infer<typeof dashboardTrainingSchema>;
export const deployRequestSchema = z.strictObject({
  model: nameSchema,
  version: versionRefSchema,
  override: textSchema(5, 500).optional().describe('reason for deploying without a passing gate; stored and shown'),
});
export type DeployRequest = z.infer<typeof deployRequestSchema>;
export const dashboardModelsSchema = z.object({ items: z.array(modelSchema) });
export const validationMetricsQuerySchema = z.strictObject({ model: nameSchema.optional() });
export const validationMetricsSchema = z.object({
  items: z.array(
    modelVersionSchema
      .pick({ model: true, version: true, family: true, stage: true, metrics: true, parity: true, gate: true })
      .extend({ task: taskSchema }),
  ),
});
export type ValidationMetrics = z.infer<typeof validationMetricsSchema>;

export const retrainRequestSchema = z.strictObject({ agent_type: nameSchema });
export const triggerJobSchema = z.strictObject({ agent_type: agentType }).prefault({});

export const modelRunSchema = runSchema.omit({ agent: true }).extend({ agent_type: nameSchema });
export type ModelRun = z.infer<typeof modelRunSchema>;
export const modelRunsPageSchema = pageOf(modelRunSchema);
export const modelRunsQuerySchema = pageQuerySchema.extend({ agent_type: agentType });
export const agentDeploymentsQuerySchema = z.strictObject({ agent_type: agentType });
export const agentDeploymentSchema = deploymentSchema.omit({ model: true }).extend({ agent_type: nameSchema });
export type AgentDeployment = z.infer<typeof agentDeploymentSchema>;
export const agentDeploymentsSchema = z.object({ items: z.array(agentDeploymentSchema) });

const sample = z.array(z.number()).min(1).max(100_000);
const statistics = z
  .array(driftConventionSchema)
  .min(1)
  .default([...driftConventions]);

/** Two samples of the caller, or a feature of an agent: its newest bars against those before them, in the monitors' windows. */
export const driftCalculationSchema = z.union([
  z.strictObject({ reference: sample, current: sample, statistics }),
  z.strictObject({ agent_type: nameSchema, feature: z.string().min(1).max(64), statistics }),
]);
export type DriftCalculation = z.infer<typeof driftCalculationSchema>;
export const driftCalculatedSchema = z.object({
  reference: z.number().int().describe('values in the reference'),
  current: z.number().int().describe('values in the current sample'),
  results: z.array(
    z.object({
      statistic: z.string(),
      status: z.string(),
      value: z.number().optional(),
      pValue: z.number().optional().describe('of independent values; far too small on autocorrelated ones'),
    }),
  ),
});
export type DriftCalculated = z.infer<typeof driftCalculatedSchema>;

export const agentDriftSchema = driftMetricSchema.omit({ agent: true }).extend({ agent_type: nameSchema });
export const agentDriftPageSchema = pageOf(agentDriftSchema);
export const agentDriftQuerySchema = driftMetricsQuerySchema.omit({ agent: true }).extend({ agent_type: agentType });
export const agentImportanceSchema = importanceSchema.omit({ agent: true }).extend({ agent_type: nameSchema });
export const agentImportancePageSchema = pageOf(agentImportanceSchema);
export const agentImportanceQuerySchema = importanceQuerySchema.omit({ agent: true }).extend({ agent_type: agentType });
export const agentPerformanceSchema = performanceSchema.omit({ agent: true }).extend({ agent_type: nameSchema });
export const agentPerformancePageSchema = pageOf(agentPerformanceSchema);
export const agentPerformanceQuerySchema = performanceQuerySchema
  .omit({ agent: true })
  .extend({ agent_type: agentType });
