import { SystemClock, uuidV7 } from '@tidemark/kernel';
import { hashInputs, type PredictionRecord } from '../prediction-record.js';

const clock = new SystemClock();

/** A prediction of a model with three inputs and one output. */
export function buildRecord(overrides: Partial<PredictionRecord> = {}): PredictionRecord {
  const inputs = Float64Array.of(0.25, -1.5, 3);
  return {
    id: uuidV7(clock),
    at: new Date('2020-03-02T10:00:00.123Z'),
    timeline: 'main',
    agent: 'test_agent',
    versionId: uuidV7(clock),
    version: '0.1.0',
    sequence: 1,
    generation: 1,
    mode: 'live',
    asOf: new Date('2020-03-01T00:00:00.000Z'),
    key: undefined,
    inputs,
    inputsSha256: hashInputs(inputs),
    outputNames: ['probability'],
    outputs: Float64Array.of(0.5),
    latencyUs: 12.5,
    ...overrides,
  };
}
