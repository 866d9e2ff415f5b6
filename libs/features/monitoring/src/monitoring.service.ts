import { Inject, Injectable } from '@nestjs/common';
import type { Agent, Monitors } from '@tidemark/contracts';
import {
  ARTIFACT_SCORER,
  OUTCOME_READER,
  PREDICTION_LOG_READER,
  type ArtifactScorer,
  type OutcomeReader,
  type PredictionLogReader,
} from '@tidemark/inference/read';
import { currentTimeline, liveTimeline } from '@tidemark/kernel';
import { BAR_READER, FRESHNESS_READER, type BarReader, type FreshnessReader } from '@tidemark/market-data/read';
import { VERSION_CATALOG, type VersionCatalog } from '@tidemark/registry/read';
import { AlertDesk } from './alert-desk.js';
import { Judge } from './judge.js';
import { SILENT_SESSION, WatchingSession } from './monitor-session.js';
import { MonitorRepository } from './monitor.repository.js';
import type { Monitoring, MonitorSession } from './read/index.js';
import { servedBar } from './served-series.js';
import { WatchedHistory } from './watched-history.js';

/** Opens monitors; what they remember is rebuilt from bars, logged predictions, outcomes and stored states. */
@Injectable()
export class MonitoringService implements Monitoring {
  constructor(
    private readonly repository: MonitorRepository,
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(FRESHNESS_READER) private readonly freshness: FreshnessReader,
    @Inject(PREDICTION_LOG_READER) private readonly log: PredictionLogReader,
    @Inject(OUTCOME_READER) private readonly outcomes: OutcomeReader,
    @Inject(ARTIFACT_SCORER) private readonly scorer: ArtifactScorer,
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
  ) {}

  async open(agent: Agent, monitors: Monitors, { watch }: { readonly watch: boolean }): Promise<MonitorSession> {
    if (!watch) return SILENT_SESSION;
    const key = { timeline: currentTimeline(), agent: agent.agent };
    const baseline = await this.catalog.firstVersion(agent.agent, key.timeline);
    const history = new WatchedHistory(agent, monitors, this.scorer, baseline?.artifactSha256);
    await this.restore(agent, history);
    return new WatchingSession({
      key,
      agent,
      monitors,
      history,
      judge: new Judge(agent, monitors, this.freshness),
      desk: new AlertDesk(monitors.hysteresis, await this.repository.states(key)),
      repository: this.repository,
      scorer: this.scorer,
      isLive: key.timeline === liveTimeline(),
      lastSeen: await this.repository.lastSeen(key),
      lastImportance: await this.repository.lastImportance(key),
    });
  }

  private async restore(agent: Agent, history: WatchedHistory): Promise<void> {
    const logged = await this.log.loop(agent.agent);
    const [first, last] = [logged[0], logged.at(-1)];
    if (first === undefined || last === undefined) return;
    const outcomes = await this.outcomes.latest(agent.agent, first.asOf, last.asOf);
    history.restore(
      logged.map((row) => servedBar(row.asOf, row, row.outputs)),
      outcomes.map(({ asOf, value }) => ({ asOf: new Date(asOf), value })),
      await this.bars.series(agent.source.series),
    );
  }
}
