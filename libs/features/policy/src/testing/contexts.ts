import {
  policySchema,
  type AlarmFacts,
  type CandidateContext,
  type GateEvidence,
  type Policy,
  type SlotContext,
  type VersionFacts,
} from '@tidemark/contracts';

type PolicyInput = Record<string, unknown>;

export function buildPolicy(overrides: PolicyInput = {}): Policy {
  return policySchema.parse({ name: 'test', ...overrides });
}

export const BASELINE = version('0.1.0', 1, { family: 'base_rate', isBaseline: true });
export const PREVIOUS = version('1.0.0', 2);
export const SERVING = version('1.1.0', 3);
export const CANDIDATE = version('1.2.0', 4);

function version(number: string, sequence: number, overrides: Partial<VersionFacts> = {}): VersionFacts {
  const artifactSha256 = sequence.toString(16).repeat(64);
  return { version: number, sequence, family: 'logistic', artifactSha256, isBaseline: false, ...overrides };
}

/** What both contexts of a slot say. */
const SLOT = {
  schema: 1,
  agent: 'test_agent',
  timeline: 'replay',
  slotAt: '2010-01-05T02:00:00.000Z',
  asOf: '2010-01-04T00:00:00.000Z',
} as const;

/** A quiet night: a trained version serves, nothing fires, nothing is due. */
export function slotContext(overrides: Partial<SlotContext> = {}, policy: PolicyInput = {}): SlotContext {
  return {
    ...SLOT,
    policy: buildPolicy(policy),
    serving: SERVING,
    previous: PREVIOUS,
    baseline: BASELINE,
    bars: { sinceStart: 500, sinceFit: 62, sinceNewRecipe: 125, sinceDeployment: 62 },
    fits: { total: 5, lastYear: 3 },
    alarms: [],
    controls: { latched: [] },
    ...overrides,
  };
}

export function alarm(monitor: AlarmFacts['monitor'], overrides: Partial<AlarmFacts> = {}): AlarmFacts {
  return { monitor, subject: monitor, phase: 'firing', severity: 'high', value: 0.0123, limit: 0.01, ...overrides };
}

/** What {@link SERVING} was compared with, on its own bars. */
export function compared(meanDifference: number): SlotContext['againstServing'] {
  return { previous: { bars: 120, status: 'ok', meanDifference } };
}

/** A refit that has passed its gate. */
export function candidateContext(
  overrides: Partial<CandidateContext> = {},
  policy: PolicyInput = {},
): CandidateContext {
  return {
    ...SLOT,
    policy: buildPolicy(policy),
    mode: 'refit',
    candidate: CANDIDATE,
    serving: SERVING,
    gate: gateEvidence(),
    controls: { latched: [] },
    ...overrides,
  };
}

export function gateEvidence(overrides: Partial<GateEvidence> = {}): GateEvidence {
  return {
    rule: 'non_inferiority',
    passed: true,
    reason: 'not worse than the incumbent: Δloss at most 0.002, 0.005 allowed',
    bars: 63,
    loss: 'log_loss',
    candidate: { sha256: 'c'.repeat(64), meanLoss: 0.69 },
    refit: { sha256: CANDIDATE.artifactSha256 },
    incumbent: { sha256: SERVING.artifactSha256, version: SERVING.version, meanLoss: 0.691 },
    ...overrides,
  };
}
