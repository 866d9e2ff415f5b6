import type { Difference, DifferenceCause } from '@tidemark/contracts';
import { hashInputs, type ArtifactScorer } from '@tidemark/inference/read';
import { isTidemarkError } from '@tidemark/kernel';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { causeAt, sameNumbers, type Span } from './differences.js';
import type { LoggedPrediction } from './log.repository.js';

/** What a version makes of a bar. */
export interface Rebuilt {
  readonly inputs: Float64Array;
  readonly outputs: Float64Array;
}

const HOUR_MS = 3_600_000;
/** An id of a caller's prediction is made when it is answered; between that and its time lies at most a request. */
const ID_SLACK_MS = 60_000;

/** Rebuilds predictions from raw bars as known when they were made. */
export class PredictionCheck {
  constructor(
    private readonly span: Span,
    private readonly scorer: ArtifactScorer,
    private readonly everyHours: number,
  ) {}

  /** `before`: when the loop had observed the bar before this one. */
  async ofLoop(row: LoggedPrediction, before: Date | undefined): Promise<Difference[]> {
    const { archive } = this.span;
    const asOf = row.asOf!;
    const snapshot = archive.asOf(row.at);
    const bar = rowAt(snapshot, asOf);
    const latest = archive.asOf(this.span.to > row.at ? this.span.to : row.at);
    const place = rowAt(latest, asOf);
    if (place < 0)
      return [this.difference(row, 'as_of', asOf.toISOString(), null, causeAt(this.span, asOf, 'log changed'))];
    const at = new Date(Math.max(latest.firstKnownAt[place]!, before?.getTime() ?? 0));
    if (at.getTime() !== row.at.getTime()) {
      const cause = causeAt(this.span, asOf, 'clock');
      return [this.difference(row, 'at', row.at.toISOString(), at.toISOString(), cause)];
    }
    if (bar < 0) return [this.difference(row, 'at', row.at.toISOString(), null, 'clock')];
    return [...this.version(row), ...(await this.values(row, snapshot, bar))];
  }

  /** On stored bars. Which instant a caller asked about is not logged, but it knew this bar and not the next. */
  async ofCaller(row: LoggedPrediction): Promise<Difference[]> {
    const idAt = Number.parseInt(row.id.replaceAll('-', '').slice(0, 12), 16);
    if (row.id[14] === '7' && Math.abs(row.at.getTime() - idAt) > ID_SLACK_MS) {
      return [this.difference(row, 'at', row.at.toISOString(), new Date(idAt).toISOString(), 'clock')];
    }
    let first: Difference[] | undefined;
    for (const snapshot of this.knownVariants(row)) {
      const found = await this.values(row, snapshot, snapshot.rows - 1);
      if (found.length === 0) return [];
      first ??= found;
    }
    return (
      first ?? [this.difference(row, 'as_of', row.asOf!.toISOString(), null, causeAt(this.span, row.asOf!, 'clock'))]
    );
  }

  async rebuild(
    row: Pick<LoggedPrediction, 'artifactSha256'>,
    snapshot: SeriesSnapshot,
    bar: number,
  ): Promise<Rebuilt> {
    const inputs = await this.scorer.inputRows(row.artifactSha256, snapshot, bar, bar + 1);
    return { inputs, outputs: await this.scorer.predictRows(row.artifactSha256, inputs, 1) };
  }

  private *knownVariants(row: LoggedPrediction): Generator<SeriesSnapshot> {
    const { archive } = this.span;
    const now = archive.asOf(row.at);
    const place = rowAt(now, row.asOf!);
    if (place < 0) return;
    if (place === now.rows - 1) yield now;
    const next = place + 1 < now.rows ? now.firstKnownAt[place + 1]! : Number.POSITIVE_INFINITY;
    const opens = now.firstKnownAt[place]!;
    const instants = [opens, ...archive.restated.map(({ knownAt }) => knownAt.getTime())];
    for (const at of instants.filter((each) => each >= opens && each < next && each <= row.at.getTime())) {
      yield archive.asOf(new Date(at));
    }
  }

  /** The version that the deployments name for the generation, while it was that generation's turn. */
  private version(row: LoggedPrediction): Difference[] {
    const { deployed } = row;
    if (deployed?.version !== row.version) {
      return [this.difference(row, 'version', row.version, deployed?.version ?? null, 'log changed')];
    }
    // Only the policy dates its changes by the bars; a bar is observed up to one drift slot after it became known.
    const isEarly = deployed.actor === 'policy' && deployed.at.getTime() > row.at.getTime() + this.everyHours * HOUR_MS;
    const isOver = deployed.until !== undefined && deployed.until < row.at;
    if (!isEarly && !isOver) return [];
    const served = isEarly ? `not before ${deployed.at.toISOString()}` : `until ${deployed.until!.toISOString()}`;
    return [this.difference(row, 'version', row.version, `${row.version} ${served}`, 'clock')];
  }

  private async values(row: LoggedPrediction, snapshot: SeriesSnapshot, bar: number): Promise<Difference[]> {
    const rebuilt = await this.rebuild(row, snapshot, bar).catch(codeOf);
    if (typeof rebuilt === 'string') {
      const cause = causeAt(this.span, row.asOf!, 'inputs differ');
      return [this.difference(row, 'inputs_sha256', row.inputsSha256, rebuilt, cause)];
    }
    const sha256 = hex(rebuilt.inputs);
    const isLogIntact = row.inputs === undefined || hex(Float64Array.from(row.inputs)) === row.inputsSha256;
    if (sha256 !== row.inputsSha256 || !isLogIntact) {
      const cause = isLogIntact ? await this.inputCause(row, bar) : 'inputs differ';
      return [await this.inputDifference(row, rebuilt.inputs, cause)];
    }
    if (sameNumbers(row.outputs, rebuilt.outputs)) return [];
    const place = row.outputNames.findIndex((_, index) => !Object.is(row.outputs[index], rebuilt.outputs[index]));
    const column = `outputs.${row.outputNames[place] ?? place}`;
    return [this.difference(row, column, row.outputs[place] ?? null, rebuilt.outputs[place] ?? null, 'log changed')];
  }

  /** Bars that changed, rows that came later than they say, or inputs that never were those of the bars. */
  private async inputCause(row: LoggedPrediction, bar: number): Promise<DifferenceCause> {
    const asOf = row.asOf!;
    const cause = causeAt(this.span, asOf, 'inputs differ');
    if (cause !== 'inputs differ') return cause;
    const arrived = this.span.archive.arrivedBy(row.at);
    if (rowAt(arrived, asOf) !== bar) return cause;
    const rebuilt = await this.rebuild(row, arrived, bar).catch(codeOf);
    const isSame = typeof rebuilt !== 'string' && hex(rebuilt.inputs) === row.inputsSha256;
    return isSame ? 'known-at backdated' : cause;
  }

  private async inputDifference(
    row: LoggedPrediction,
    rebuilt: Float64Array,
    cause: DifferenceCause,
  ): Promise<Difference> {
    const logged = row.inputs;
    const place = logged === undefined ? -1 : logged.findIndex((value, index) => !Object.is(value, rebuilt[index]));
    if (logged === undefined || place < 0) {
      return this.difference(row, 'inputs_sha256', row.inputsSha256, hex(rebuilt), cause);
    }
    const column = `inputs.${await this.inputName(row, place)}`;
    return this.difference(row, column, finite(logged[place]), finite(rebuilt[place]), cause);
  }

  private async inputName({ artifactSha256 }: LoggedPrediction, place: number): Promise<string> {
    let first = 0;
    for (const { name, width } of (await this.scorer.signature(artifactSha256)).inputs) {
      if (place < first + width) return width === 1 ? name : `${name}[${place - first}]`;
      first += width;
    }
    return String(place);
  }

  private difference(
    row: LoggedPrediction,
    column: string,
    logged: string | number | null,
    rebuilt: string | number | null,
    cause: DifferenceCause,
  ): Difference {
    const key = { mode: row.mode, as_of: row.asOf?.toISOString() ?? '', id: row.id };
    return { table: 'predictions', key, column, logged, rebuilt, cause };
  }
}

/** Row of an event time; negative when there is none. */
export function rowAt(snapshot: SeriesSnapshot, eventTime: Date): number {
  let row = snapshot.rows - 1;
  while (row >= 0 && snapshot.bars[row * BAR_WIDTH]! > eventTime.getTime()) row -= 1;
  return row >= 0 && snapshot.bars[row * BAR_WIDTH] === eventTime.getTime() ? row : -1;
}

/** Of bars from which no inputs can be built. What could not be read says nothing about them: it is tried again. */
function codeOf(error: unknown): string {
  if (isTidemarkError(error) && !error.retryable) return error.code;
  throw error;
}

function hex(inputs: Float64Array): string {
  return Buffer.from(hashInputs(inputs)).toString('hex');
}

function finite(value: number | undefined): number | string | null {
  if (value === undefined) return null;
  return Number.isFinite(value) ? value : String(value);
}
