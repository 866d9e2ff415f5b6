import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Family, ResultRow } from '@tidemark/contracts';
import { BAR_WIDTH } from '@tidemark/market-data/read';
import { computeLabels, lossPerRow, pairedLossTest } from '@tidemark/native';
import { holdRow, modelRow, yardstick } from './result-row.js';
import type { Span, SpanOutputs } from './scored-span.js';
import {
  Training,
  differences,
  goldenRows,
  sealedSpan,
  subjectOf,
  type GoldenGroup,
  type Subject,
} from './result-table.testing.js';

/**
 * The table's figures on the shipped data against an independent program that has read none of this code
 * (tests/golden/generate/result_table.py). Models are trained here by the built trainer.
 */
let folder: string;
let golden: Readonly<Record<string, GoldenGroup>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-oracle-'));
  golden = await goldenRows();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('direction rows', () => {
  let subject: Subject;
  let span: Span;
  let slices: SliceEnds;
  let naive: SpanOutputs;

  beforeAll(async () => {
    subject = await subjectOf('market_insight');
    span = sealedSpan(subject);
    const training = await Training.prepare(subject, await mkdtemp(join(folder, 'direction-')));
    slices = slicesOf(subject, training);
    naive = await training.outputs('base_rate', subject.sealed, subject.rows);
  }, 60_000);

  const row = (kind: ResultRow['kind'], outputs: SpanOutputs): ResultRow =>
    modelRow(subject.agent, span, { name: kind, kind, outputs }, yardstick(subject.agent, span, naive));

  /** Probabilities that change sides every few bars, `shift` bars early. */
  function switching(shift: number): SpanOutputs {
    const probability = (i: number): number => (((i * i + 3 * i) % 31) + 1) / 33;
    return new Map([['probability', Float64Array.from(span.eventTimes, (_, i) => probability(i + shift))]]);
  }

  it('give the naive baseline its loss, hit rate and trading figures', () => {
    expect(differences(row('baseline', naive), golden['base_rate']!)).toEqual([]);
  });

  it('hold the index under the same execution and cost', () => {
    expect(differences(holdRow(subject.agent, span, yardstick(subject.agent, span, naive)), golden['hold']!)).toEqual(
      [],
    );
  });

  it('place fills, costs and pairs right for probabilities that change sides', () => {
    expect(differences(row('policy', switching(0)), golden['switching']!)).toEqual([]);
  });

  it('would notice a forecast that is one bar off', () => {
    const late = Float64Array.from(span.eventTimes, (_, i) => (((i + 1) ** 2 + 3 * (i + 1)) % 31) / 33);
    const names = differences(row('policy', new Map([['probability', late]])), golden['switching']!).map(
      (text) => text.split(':')[0],
    );
    expect(names).toEqual(expect.arrayContaining(['loss', 'deltaT', 'netSharpe', 'netSharpeSe']));
  });

  it('come from models that saw nothing of the gate, and a gate that ends before the sealed bars', () => {
    expect(slices.choiceMatured).toBeLessThan(slices.gateFrom);
    expect(slices.gateMatured).toBeLessThan(subject.sealed);
  });
});

describe('volatility rows', () => {
  let subject: Subject;
  let span: Span;
  let training: Training;
  let naive: SpanOutputs;
  let gate: readonly [from: number, to: number];

  beforeAll(async () => {
    subject = await subjectOf('risk_assessor');
    span = sealedSpan(subject);
    training = await Training.prepare(subject, await mkdtemp(join(folder, 'volatility-')));
    gate = rowsBetween(subject, training.dataset.split.gate);
    naive = await training.outputs('ewma', gate[0], subject.rows);
  }, 60_000);

  /** A row, the last forecast and the gate's test of outputs that start with the gate's first bar. */
  function figures(kind: 'baseline' | 'policy', outputs: SpanOutputs): object {
    const { agent, sealed } = subject;
    const sealedOutputs = (all: SpanOutputs): SpanOutputs =>
      new Map([...all].map(([name, values]) => [name, values.subarray(sealed - gate[0])]));
    const own = sealedOutputs(outputs);
    return {
      ...modelRow(agent, span, { name: kind, kind, outputs: own }, yardstick(agent, span, sealedOutputs(naive))),
      volatilityOfLastBar: own.get('volatility')!.at(-1),
      valueAtRiskOfLastBar: own.get('var_99')!.at(-1),
      ...gateTest(outputs),
    };
  }

  function gateTest(candidate: SpanOutputs): object {
    const bars = gate[1] - gate[0];
    const truth = computeLabels(subject.agent.label, subject.bars).value.slice(...gate);
    const lossesOf = (outputs: SpanOutputs): Float64Array =>
      lossPerRow('qlike', outputs.get('volatility')!.slice(0, bars), truth);
    const test = pairedLossTest(lossesOf(candidate), lossesOf(naive), { horizon: 1 });
    return { gateBars: test.n, gateDeltaLoss: test.meanDifference, gateT: test.t };
  }

  it('give the naive baseline its QLIKE, breaches and exact interval', () => {
    expect(differences(figures('baseline', naive), golden['ewma']!)).toEqual([]);
  });

  it.each<Family>(['log_har', 'gjr_garch_t'])(
    'give %s, fitted by another program on the same slice, the same figures',
    async (family) => {
      const outputs = await training.outputs(family, gate[0], subject.rows);
      expect(differences(figures('policy', outputs), golden[family]!)).toEqual([]);
    },
    60_000,
  );

  it('come from models that saw nothing of the gate, and a gate that ends before the sealed bars', () => {
    const slices = slicesOf(subject, training);
    expect(slices.choiceMatured).toBeLessThan(slices.gateFrom);
    expect(slices.gateMatured).toBeLessThan(subject.sealed);
  });
});

interface SliceEnds {
  /** Bar at which the last label that the candidate was chosen by matured. */
  readonly choiceMatured: number;
  readonly gateFrom: number;
  readonly gateMatured: number;
}

function slicesOf(subject: Subject, { dataset }: Training): SliceEnds {
  const { endIndex } = computeLabels(subject.agent.label, subject.bars);
  const [gateFrom, gateEnd] = rowsBetween(subject, dataset.split.gate);
  const choiceEnd = Math.max(...dataset.split.folds.map(({ test }) => rowsBetween(subject, test)[1]));
  return { choiceMatured: endIndex[choiceEnd - 1]!, gateFrom, gateMatured: endIndex[gateEnd - 1]! };
}

function rowsBetween(
  { bars, rows }: Subject,
  { from, to }: { readonly from: string; readonly to: string },
): readonly [number, number] {
  const before = (text: string): number =>
    Array.from({ length: rows }, (_, row) => bars[row * BAR_WIDTH]!).filter((time) => time < Date.parse(text)).length;
  return [before(from), before(to)];
}
