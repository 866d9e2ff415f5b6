import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import { CLOCK, currentTimeline, operationalError, uuidOf, type Clock } from '@tidemark/kernel';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { VERSION_CATALOG, toVersionFacts, type ProductionVersion, type VersionCatalog } from '@tidemark/registry/read';
import { Metrics } from '@tidemark/telemetry';
import { ArtifactModels } from './artifact-models.js';
import { recordOf } from './prediction-record.js';
import { PREDICTION_SINK, type PredictionSink } from './prediction-writer.js';
import type { BarPrediction, Predictor } from './read/index.js';
import { ServedModel } from './served-model.js';

/** Mode under which these predictions are logged. */
const MODE = 'loop';

/** Predictions of the loop, one a bar, by what is in Production on the current timeline at that moment. */
@Injectable()
export class BarPredictionService implements Pick<Predictor, 'predictBar'> {
  constructor(
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
    private readonly models: ArtifactModels,
    private readonly agents: AgentCatalog,
    @Inject(PREDICTION_SINK) private readonly sink: PredictionSink,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  async predictBar(agent: string, snapshot: SeriesSnapshot, row: number): Promise<BarPrediction> {
    const { series } = this.agents.byName(agent).agent.source;
    const version = await this.production(agent);
    const served = ServedModel.over(version, await this.models.get(version.artifactSha256), series);
    const asOf = new Date(snapshot.bars[row * BAR_WIDTH]!);
    const id = uuidOf(MODE, served.timeline, agent, asOf.toISOString());
    const began = performance.now();
    const inputs = served.inputsAt(snapshot, row);
    const outputs = served.predictOne(inputs);
    const latencyUs = (performance.now() - began) * 1_000;
    const facts = { id, at: this.clock.now(), mode: MODE, inputs, asOf, outputs, latencyUs } as const;
    await this.sink.write([recordOf(served, facts)]);
    this.metrics.predictionsTotal.inc({ agent, version: version.version, mode: MODE });
    return {
      id,
      asOf,
      serving: toVersionFacts(version),
      generation: version.generation,
      outputs: Object.fromEntries(served.outputNames.map((name, index) => [name, outputs[index]!])),
      inputs,
    };
  }

  private async production(agent: string): Promise<ProductionVersion> {
    const version = await this.catalog.production(agent);
    if (version !== undefined) return version;
    const message = `${agent} has no version in Production on the timeline ${currentTimeline()} yet.`;
    throw operationalError('NOT_READY', message, { details: { agent, timeline: currentTimeline() } });
  }
}
