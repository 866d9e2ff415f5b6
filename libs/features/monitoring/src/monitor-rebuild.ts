import { Inject, Injectable } from '@nestjs/common';
import type { Agent, Monitors } from '@tidemark/contracts';
import { ARTIFACT_SCORER, type ArtifactScorer } from '@tidemark/inference/read';
import { FRESHNESS_READER, type FreshnessReader } from '@tidemark/market-data/read';
import { VERSION_CATALOG, type VersionCatalog } from '@tidemark/registry/read';
import { Judge } from './judge.js';
import type { MaturedOutcome, MonitorRebuild, ObservedBar, RebuiltFindings, WatchedPast } from './read/index.js';
import { servedBar } from './served-series.js';
import { WatchedHistory } from './watched-history.js';

/** Puts the questions of the monitors once more, to a history that was built anew. */
@Injectable()
export class MonitorRebuildService implements MonitorRebuild {
  constructor(
    @Inject(ARTIFACT_SCORER) private readonly scorer: ArtifactScorer,
    @Inject(FRESHNESS_READER) private readonly freshness: FreshnessReader,
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
  ) {}

  async rebuild(
    agent: Agent,
    monitors: Monitors,
    { served, outcomes, snapshot }: WatchedPast,
    bars: readonly (readonly [ObservedBar, readonly MaturedOutcome[]])[],
  ): Promise<RebuiltFindings[]> {
    const baseline = await this.catalog.firstVersion(agent.agent);
    const history = new WatchedHistory(agent, monitors, this.scorer, baseline?.artifactSha256);
    const judge = new Judge(agent, monitors, this.freshness);
    const before = served.map((row) => servedBar(row.asOf, row, row.outputs));
    history.restore(before, outcomes, snapshot);
    const found: RebuiltFindings[] = [];
    for (const [bar, matured] of bars) {
      history.observe(bar, matured);
      const drift = judge.drift(history, bar);
      found.push({ asOf: bar.asOf, drift, performance: await judge.performance(history, bar) });
    }
    return found;
  }
}
