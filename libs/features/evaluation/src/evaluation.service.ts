import { Inject, Injectable } from '@nestjs/common';
import { ARTIFACT_STORE, type ArtifactStore } from '@tidemark/artifacts';
import type { Agent, ModelVersion, ResultRow, ResultTable, Run } from '@tidemark/contracts';
import { conflict } from '@tidemark/kernel';
import {
  OUTCOME_READER,
  PREDICTION_LOG_READER,
  type OutcomeReader,
  type PredictionLogReader,
} from '@tidemark/inference/read';
import { BAR_WIDTH, snapshotHash, type SeriesSnapshot } from '@tidemark/market-data/read';
import { Model, computeLabels } from '@tidemark/native';
import { VERSION_CATALOG, type VersionCatalog } from '@tidemark/registry/read';
import { RUN_READER, type RunReader } from '@tidemark/training/read';
import { holdRow, modelRow, yardstick } from './result-row.js';
import { lossName, servedOutputs, truthOf, type Span, type SpanOutputs } from './scored-span.js';
import { verdict } from './verdict.js';

/** What is evaluated: a walk's predictions over rows [from, to) of a snapshot. */
export interface EvaluationRequest {
  readonly agent: Agent;
  readonly snapshot: SeriesSnapshot;
  readonly from: number;
  readonly to: number;
  readonly walkJobId: string;
  readonly opening: number;
}

/**
 * Builds the result table. The served version's figures come from the prediction log and the stored outcomes only; the
 * baseline's and the families' from scoring their registered artifacts on the same bars.
 */
@Injectable()
export class EvaluationService {
  constructor(
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
    @Inject(RUN_READER) private readonly runs: RunReader,
    @Inject(ARTIFACT_STORE) private readonly artifacts: ArtifactStore,
    @Inject(PREDICTION_LOG_READER) private readonly log: PredictionLogReader,
    @Inject(OUTCOME_READER) private readonly outcomes: OutcomeReader,
  ) {}

  /** @throws PREDICTION_LOG_INCOMPLETE, OUTCOMES_INCOMPLETE */
  async table(request: EvaluationRequest): Promise<ResultTable> {
    const { agent, snapshot, from, to } = request;
    const span = await this.span(request);
    const logged = await this.log.ofJob(request.walkJobId);
    const served = servedOutputs(span, logged, outputNames(agent));
    const baseline = await this.baselineOf(agent);
    const baselineOutputs = await this.scored(baseline.artifactSha256, snapshot, from, to);
    const against = yardstick(agent, span, baselineOutputs);
    const row = (name: string, kind: ResultRow['kind'], outputs: SpanOutputs): ResultRow =>
      modelRow(agent, span, { name, kind, outputs }, against);
    const rows = [row(`naive baseline (${baseline.family})`, 'baseline', baselineOutputs)];
    if (agent.task === 'direction') rows.push(holdRow(agent, span, against));
    const families = await this.families(agent);
    for (const { family, artifactSha256 } of families) {
      rows.push(row(family, 'family', await this.scored(artifactSha256, snapshot, from, to)));
    }
    const versions = [...new Set(logged.map((prediction) => prediction.version))];
    const servedVersion = versions.join(', ');
    rows.push(row(`served: ${servedVersion}`, 'served', served));
    const table = { ...(await this.header(request, span)), servedVersion, rows };
    const inSample = [...(await this.inSampleVersions(agent, versions)), ...inSampleFamilies(agent, families)];
    return { ...table, verdict: verdict(table, { baselineVersion: baseline.version, inSample }) };
  }

  /** Served versions, other than the naive baseline, that were fitted on bars of the sealed span. */
  private async inSampleVersions(agent: Agent, versions: readonly string[]): Promise<string[]> {
    const served = await Promise.all(versions.map((version) => this.catalog.version(agent.agent, version)));
    const fitted = served.filter(({ sequence, lineage }) => sequence > 1 && isSealed(agent, lineage.asOf));
    return fitted.map(({ version }) => version);
  }

  private async span({ agent, snapshot, from, to }: EvaluationRequest): Promise<Span> {
    const labels = computeLabels(agent.label, snapshot.bars);
    const eventTimes = Array.from(
      { length: to - from },
      (_, row) => new Date(snapshot.bars[(from + row) * BAR_WIDTH]!),
    );
    const closes = Float64Array.from(eventTimes, (_, row) => snapshot.bars[(from + row) * BAR_WIDTH + 4]!);
    const outcomes = await this.outcomes.latest(agent.agent, eventTimes[0]!, eventTimes.at(-1)!);
    return { eventTimes, closes, truth: truthOf(eventTimes, outcomes, labels.value.subarray(from, to)) };
  }

  private async header(
    { agent, snapshot, opening }: EvaluationRequest,
    span: Span,
  ): Promise<Omit<ResultTable, 'rows' | 'verdict' | 'servedVersion'>> {
    const isNextClose = agent.position.fill === 'next_close';
    return {
      agent: agent.agent,
      task: agent.task,
      loss: lossName(agent),
      dataHash: snapshotHash(snapshot),
      span: {
        from: span.eventTimes[0]!.toISOString(),
        to: span.eventTimes.at(-1)!.toISOString(),
        bars: span.eventTimes.length,
      },
      fillRule: isNextClose
        ? 'decided at close t, filled at close t+1, first PnL bar t+2'
        : 'decided and filled at close t (same-bar fill)',
      costBps: agent.position.costBps,
      returns: 'price index, no dividends, no financing',
      configurationsTried: await this.runs.configurationsTried(agent.agent),
      opening,
    };
  }

  private async baselineOf(agent: Agent): Promise<ModelVersion> {
    const baseline = await this.catalog.firstVersion(agent.agent);
    if (baseline !== undefined) return baseline;
    throw conflict('BASELINE_MISSING', `${agent.agent} has no registered baseline: train it first.`, {
      agent: agent.agent,
    });
  }

  /** Families of the training that registered the newest version. */
  private async families(agent: Agent): Promise<FittedRun[]> {
    const newest = await this.catalog.newest(agent.agent);
    const runId = newest?.lineage.runId;
    if (runId === undefined) return [];
    const runs = await this.runs.ofJobOf(runId);
    return runs.filter((run): run is FittedRun => run.family !== agent.baseline && run.artifactSha256 !== undefined);
  }

  private async scored(sha256: string, snapshot: SeriesSnapshot, from: number, to: number): Promise<SpanOutputs> {
    const model = await Model.loadAsync(await this.artifacts.pathOf(sha256), { sha256 });
    try {
      const outputs = await model.predictBars(snapshot.bars, from, to);
      const names = model.signature.outputs.map((output) => output.name);
      return new Map(
        names.map((name, column) => [
          name,
          Float64Array.from({ length: to - from }, (_, row) => outputs[row * names.length + column]!),
        ]),
      );
    } finally {
      model.dispose();
    }
  }
}

/** A family's row comes from artifacts of runs that ended well. */
type FittedRun = Run & { readonly artifactSha256: string };

function inSampleFamilies(agent: Agent, runs: readonly FittedRun[]): string[] {
  return runs.filter(({ asOf }) => isSealed(agent, asOf)).map(({ family }) => family);
}

/** True when a fit as of this instant had bars of the sealed span. */
function isSealed(agent: Agent, asOf: string): boolean {
  return Date.parse(asOf) > Date.parse(`${agent.sealedFrom}T00:00:00Z`);
}

function outputNames(agent: Agent): string[] {
  return agent.task === 'direction' ? ['probability'] : ['volatility', 'var_99'];
}
