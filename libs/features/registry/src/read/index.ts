import type { Deployment, GateEvidence, ModelVersion } from '@tidemark/contracts';
import type { QueryRunner } from 'typeorm';

/** A version together with the generation under which it serves. */
export interface ProductionVersion extends ModelVersion {
  readonly generation: number;
}

/** Reads of the registry. Timelines default to the live one. */
export interface VersionCatalog {
  /** What is in Production, read from the newest deployment; undefined before the first. */
  production(model: string, timeline?: string): Promise<ProductionVersion | undefined>;
  /** Version by sequence (`3`) or semantic version. @throws VERSION_UNKNOWN */
  version(model: string, ref: string, timeline?: string): Promise<ModelVersion>;
  /** Newest generation of every model: cheap enough to poll each second. */
  generations(timeline?: string): Promise<Map<string, number>>;
  /** Gates that compared bars of [from, to), event times, so far. */
  gatesAsked(model: string, from: Date, to: Date, timeline?: string): Promise<number>;
  versionOfJob(jobId: string): Promise<ModelVersion | undefined>;
  newest(model: string, timeline?: string): Promise<ModelVersion | undefined>;
  /** The naive baseline. */
  firstVersion(model: string, timeline?: string): Promise<ModelVersion | undefined>;
}

export const VERSION_CATALOG = Symbol('VERSION_CATALOG');

/** Throws inside the transaction when the caller has lost the right to write (a job whose lease is gone). */
export type Fence = (runner: QueryRunner) => Promise<void>;

export interface Registration {
  readonly model: string;
  readonly timeline?: string;
  /** Folder with `model.onnx`, `report.json` and the parity rows. */
  readonly outputDir: string;
  readonly dataHash: string;
  readonly asOf: Date;
  readonly gate?: GateEvidence;
  readonly runId?: string;
  readonly jobId?: string;
  readonly bump?: 'patch';
  readonly fence?: Fence;
}

export interface Promotion {
  readonly model: string;
  readonly version: string;
  readonly timeline?: string;
  readonly actor: string;
  readonly override?: string;
  readonly fence?: Fence;
}

export interface Rollback {
  readonly model: string;
  readonly version?: string;
  readonly timeline?: string;
  readonly actor: string;
  readonly reason?: string;
  readonly fence?: Fence;
}

/** Writes of the registry that trainings make. */
export interface VersionRegistrar {
  register(registration: Registration): Promise<ModelVersion>;
  promote(promotion: Promotion): Promise<Deployment>;
}

export const VERSION_REGISTRAR = Symbol('VERSION_REGISTRAR');

/** Channel that tells of each change of Production; payload `{timeline, model, generation}`. */
export const PRODUCTION_CHANNEL = 'tidemark_production';
