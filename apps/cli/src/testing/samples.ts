import type { Job, ModelVersion, PredictionReply } from '@tidemark/contracts';

export const JOB_ID = '0190a3c4-0000-7000-8000-000000000001';
export const RUN_ID = '0190a3c4-0000-7000-8000-000000000002';

export function sampleJob(overrides: Partial<Job> = {}): Job {
  return {
    id: JOB_ID,
    kind: 'train',
    agent: 'market_insight',
    state: 'running',
    attempt: 1,
    maxAttempts: 3,
    progress: { fraction: 0.25, message: 'logistic: fold 1' },
    payload: { agent: 'market_insight' },
    cancelRequested: false,
    createdAt: '2026-01-01T10:00:00.000Z',
    ...overrides,
  };
}

export const TRAIN_RESULT = {
  version: '1.0.0',
  sequence: 2,
  family: 'logistic',
  promoted: false,
  gate: { passed: false, reason: 'not shown to be better than the incumbent: Δloss 0.001, t 0.40 against -1.90' },
  families: [
    { family: 'logistic', runId: RUN_ID, choiceLoss: 0.69 },
    { family: 'gbdt', runId: RUN_ID, choiceLoss: 0.7 },
  ],
};

export function sampleVersion(overrides: Partial<ModelVersion> = {}): ModelVersion {
  return {
    id: RUN_ID,
    model: 'market_insight',
    timeline: 'main',
    sequence: 2,
    version: '1.0.0',
    family: 'logistic',
    stage: 'None',
    artifactSha256: 'ab'.repeat(32),
    signature: {
      version: 1,
      task: 'direction',
      label: { kind: 'forward_return_sign', lag: 1, horizon: 5 },
      inputs: [{ kind: 'column', name: 'ret_1', column: 'ret_1', width: 1, unit: 'log_return' }],
      outputs: [{ name: 'probability', unit: 'probability', min: 0, max: 1 }],
    },
    metrics: { 'choice.loss': 0.690123456 },
    parity: { rows: 300, tolerance: 1e-12, maxRelativeDifference: 0, passed: true },
    gate: { rule: 'superiority', passed: false, reason: 'not shown', bars: 500, loss: 'log_loss' },
    lineage: { dataHash: 'cd'.repeat(32), asOf: '2017-01-01T00:00:00.000Z', codeVersion: '0.1.0' },
    createdAt: '2026-01-01T10:00:00.000Z',
    ...overrides,
  };
}

export function sampleReply(overrides: Partial<PredictionReply> = {}): PredictionReply {
  return {
    id: RUN_ID,
    agent: 'market_insight',
    version: '0.1.0',
    sequence: 1,
    generation: 1,
    outputs: { probability: 0.5771234567891234 },
    asOf: '2020-04-17T00:00:00.000Z',
    dataAgeSeconds: 86_400,
    stale: false,
    historical: true,
    logged: 'buffered',
    latencyUs: 40,
    ...overrides,
  };
}
