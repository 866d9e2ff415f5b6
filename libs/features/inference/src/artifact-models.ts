import { Inject, Injectable } from '@nestjs/common';
import { ARTIFACT_STORE, type ArtifactStore } from '@tidemark/artifacts';
import type { Signature } from '@tidemark/contracts';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { Model, computeInputs } from '@tidemark/native';
import type { ArtifactScorer } from './read/index.js';

/** Artifacts kept loaded, least recently used out first. */
const CAPACITY = 32;

/**
 * Models by the digest of their artifact, for whatever scores history: the same few, again and again. One that is put out
 * is not disposed of, because a caller may still score with it: the collector frees it.
 */
@Injectable()
export class ArtifactModels implements ArtifactScorer {
  private readonly models = new Map<string, Promise<Model>>();

  constructor(@Inject(ARTIFACT_STORE) private readonly artifacts: ArtifactStore) {}

  /** Callers who ask for the same one while it loads share one load; a failure is not kept. */
  get(sha256: string): Promise<Model> {
    const model = this.models.get(sha256) ?? this.start(sha256);
    this.models.delete(sha256);
    this.models.set(sha256, model);
    const [oldest] = this.models.keys();
    if (this.models.size > CAPACITY && oldest !== undefined) this.models.delete(oldest);
    return model;
  }

  async signature(sha256: string): Promise<Signature> {
    return (await this.get(sha256)).signature;
  }

  async rowWidth(sha256: string): Promise<number> {
    return (await this.get(sha256)).metadata.rowWidth;
  }

  async score(
    sha256: string,
    snapshot: SeriesSnapshot,
    from: number,
    to: number,
  ): Promise<ReadonlyMap<string, Float64Array>> {
    const model = await this.get(sha256);
    const outputs = await model.predictBars(upTo(snapshot, to), from, to);
    const names = model.signature.outputs.map((output) => output.name);
    return new Map(names.map((name, column) => [name, columnOf(outputs, names.length, column)]));
  }

  async inputRows(sha256: string, snapshot: SeriesSnapshot, from: number, to: number): Promise<Float64Array> {
    return computeInputs((await this.get(sha256)).signature, upTo(snapshot, to), from, to);
  }

  async predictRows(sha256: string, inputs: Float64Array, rows: number): Promise<Float64Array> {
    return (await this.get(sha256)).predictBatch(inputs, rows);
  }

  private start(sha256: string): Promise<Model> {
    const loading = this.load(sha256);
    loading.catch(() => this.models.delete(sha256));
    return loading;
  }

  private async load(sha256: string): Promise<Model> {
    return Model.loadAsync(await this.artifacts.pathOf(sha256), { sha256 });
  }
}

function upTo(snapshot: SeriesSnapshot, row: number): Float64Array {
  return snapshot.bars.subarray(0, row * BAR_WIDTH);
}

function columnOf(matrix: Float64Array, width: number, column: number): Float64Array {
  return Float64Array.from({ length: matrix.length / width }, (_, row) => matrix[row * width + column]!);
}
