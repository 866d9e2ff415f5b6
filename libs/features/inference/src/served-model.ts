import type { Signature } from '@tidemark/contracts';
import { operationalError } from '@tidemark/kernel';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { Model, computeInputs, packRow, type NamedInputs } from '@tidemark/native';
import type { ProductionVersion } from '@tidemark/registry/read';

/** Rows run through a model before it takes traffic. */
const WARM_UP_ROWS = 3;

/** A loaded version: inputs from bars or by name, outputs by name. */
export class ServedModel {
  private readonly spec: string;

  private constructor(
    private readonly production: ProductionVersion,
    private readonly model: Model,
    readonly series: string,
  ) {
    this.spec = JSON.stringify({ inputs: production.signature.inputs, label: production.signature.label });
  }

  /** A version over its model, which somebody else keeps and frees. */
  static over(version: ProductionVersion, model: Model, series: string): ServedModel {
    return new ServedModel(version, model, series);
  }

  /** Loads the artifact off the event loop, checks its digest and warms it up. */
  static async load(version: ProductionVersion, path: string, series: string): Promise<ServedModel> {
    const model = await Model.loadAsync(path, { sha256: version.artifactSha256 });
    model.warmUp(WARM_UP_ROWS);
    return new ServedModel(version, model, series);
  }

  get agent(): string {
    return this.production.model;
  }

  get versionId(): string {
    return this.production.id;
  }

  get version(): string {
    return this.production.version;
  }

  get sequence(): number {
    return this.production.sequence;
  }

  get timeline(): string {
    return this.production.timeline;
  }

  get generation(): number {
    return this.production.generation;
  }

  get signature(): Signature {
    return this.production.signature;
  }

  get rowWidth(): number {
    return this.model.metadata.rowWidth;
  }

  get outputNames(): string[] {
    return this.signature.outputs.map((output) => output.name);
  }

  answersTo(ref: string): boolean {
    return ref === this.version || ref === String(this.sequence);
  }

  /**
   * Inputs at a bar of the snapshot, default the last, from the bars up to it, by the code that made the training rows.
   * @throws NOT_READY, INSUFFICIENT_HISTORY, INSUFFICIENT_LABELS
   */
  inputsAt(snapshot: SeriesSnapshot, row = snapshot.rows - 1): Float64Array {
    if (snapshot.rows === 0) {
      throw operationalError('NOT_READY', `There are no bars of ${this.series} yet: ingest them, then ask again.`, {
        details: { series: this.series },
      });
    }
    return computeInputs(this.spec, snapshot.bars.subarray(0, (row + 1) * BAR_WIDTH), row, row + 1);
  }

  /** One row from named inputs. @throws MISSING_FEATURE, UNKNOWN_FEATURE, FEATURE_WIDTH, FEATURE_NOT_FINITE */
  inputsFrom(named: NamedInputs): Float64Array {
    return packRow(this.signature, named);
  }

  predictOne(input: Float64Array): Float64Array {
    const output = new Float64Array(this.model.metadata.outputWidth);
    this.model.predictInto(input, output);
    return output;
  }

  /** Many rows off the event loop. */
  async predictMany(inputs: readonly Float64Array[]): Promise<Float64Array[]> {
    const packed = new Float64Array(inputs.length * this.rowWidth);
    inputs.forEach((input, index) => packed.set(input, index * this.rowWidth));
    const outputs = await this.model.predictBatch(packed, inputs.length);
    const width = this.model.metadata.outputWidth;
    return inputs.map((_, index) => outputs.slice(index * width, (index + 1) * width));
  }

  dispose(): void {
    this.model.dispose();
  }
}
