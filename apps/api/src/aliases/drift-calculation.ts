import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import type { DriftCalculated, DriftCalculation } from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';
import { BAR_READER, type BarReader } from '@tidemark/market-data/read';
import { FeatureMatrix } from '@tidemark/monitoring';
import { driftStatistics } from '@tidemark/native';

type Samples = { readonly reference: Float64Array; readonly current: Float64Array };

/** Drift statistics on request; what the monitors say by themselves is in `drift-metrics`. */
@Injectable()
export class DriftCalculationService {
  constructor(
    private readonly agents: AgentCatalog,
    @Inject(BAR_READER) private readonly bars: BarReader,
  ) {}

  /** @throws AGENT_NOT_FOUND, FEATURE_UNKNOWN, INSUFFICIENT_HISTORY */
  async calculate(request: DriftCalculation): Promise<DriftCalculated> {
    const samples =
      'reference' in request
        ? { reference: Float64Array.from(request.reference), current: Float64Array.from(request.current) }
        : await this.ofFeature(request.agent_type, request.feature);
    const results = driftStatistics(samples.reference, samples.current, request.statistics);
    return {
      reference: samples.reference.length,
      current: samples.current.length,
      results: results.map(({ convention, status, value, p }) => ({
        statistic: convention,
        status,
        value: value ?? undefined,
        pValue: p ?? undefined,
      })),
    };
  }

  /** The newest window of bars as known now, against as many as the monitor's reference has right before it. */
  private async ofFeature(name: string, feature: string): Promise<Samples> {
    const { agent } = this.agents.byName(name);
    const { features, label, monitors, source } = agent;
    const known = features.find((each) => each === feature);
    if (known === undefined) {
      const message = `${name} has no feature ${feature}: expected one of ${features.join(', ')}.`;
      throw callerError('FEATURE_UNKNOWN', message, { details: { features } });
    }
    const { referenceBars, windowBars } = monitors.features;
    const snapshot = await this.bars.series(source.series);
    const { rows } = new FeatureMatrix([known], label).follow(snapshot, snapshot.rows - 1);
    if (rows.length < referenceBars + windowBars) {
      const message = `${feature} has a value on ${rows.length} bars of ${source.series}; ${referenceBars + windowBars} are needed.`;
      throw callerError('INSUFFICIENT_HISTORY', message);
    }
    const end = rows.length - windowBars;
    return { reference: rows.subarray(end - referenceBars, end), current: rows.subarray(end) };
  }
}
