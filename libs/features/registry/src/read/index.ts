import type { AgentLoop, Deployment, GateEvidence, ModelVersion, Timeline } from '@tidemark/contracts';
import type { QueryRunner } from 'typeorm';

/** A version together with the generation under which it serves. */
export interface ProductionVersion extends ModelVersion {
  readonly generation: number;
}

/** Reads of the registry. Timelines default to the current one: that of the world, else the live one. */
export interface VersionCatalog {
  /** What is in Production, read from the newest deployment; undefined before the first. */
  production(model: string, timeline?: string): Promise<ProductionVersion | undefined>;
  /** What was in Production before the version that is there now; undefined when no other has been. */
  previous(model: string, timeline?: string): Promise<ModelVersion | undefined>;
  /** Every change of Production, in order of generation. */
  deployments(model: string, timeline?: string): Promise<Deployment[]>;
  /** Version by sequence (`3`) or semantic version. @throws VERSION_UNKNOWN */
  version(model: string, ref: string, timeline?: string): Promise<ModelVersion>;
  /** Newest generation of every model: cheap enough to poll each second. */
  generations(timeline?: string): Promise<Map<string, number>>;
  /** Gates that compared bars of [from, to), event times, so far. */
  gatesAsked(model: string, from: Date, to: Date, timeline?: string): Promise<number>;
  /** True where any model has a version. */
  hasVersions(timeline?: string): Promise<boolean>;
  versionOfJob(jobId: string): Promise<ModelVersion | undefined>;
  newest(model: string, timeline?: string): Promise<ModelVersion | undefined>;
  /** The naive baseline. */
  firstVersion(model: string, timeline?: string): Promise<ModelVersion | undefined>;
}

export const VERSION_CATALOG = Symbol('VERSION_CATALOG');

export { toVersionFacts } from '../version-facts.js';

/** Throws inside the transaction when the caller has lost the right to write (a job whose lease is gone). */
export type Fence = (runner: QueryRunner) => Promise<void>;

export interface Registration {
  readonly model: string;
  /** Default: the current one. */
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
  /** Default: the current one. */
  readonly timeline?: string;
  readonly actor: string;
  readonly override?: string;
  readonly fence?: Fence;
}

export interface Rollback {
  readonly model: string;
  /** Default: what served before. */
  readonly version?: string;
  /** Default: the current one. */
  readonly timeline?: string;
  readonly actor: string;
  readonly reason?: string;
  readonly fence?: Fence;
}

/** Writes of the registry that trainings and the loop make. They join the unit of work they run in. */
export interface VersionRegistrar {
  register(registration: Registration): Promise<ModelVersion>;
  /** @throws GATE_NOT_PASSED; GATE_NONE_ON_LIVE for a version without a gate where the timeline is live */
  promote(promotion: Promotion): Promise<Deployment>;
  /** @throws ROLLBACK_NOTHING_BEFORE, ROLLBACK_NEVER_SERVED */
  rollback(rollback: Rollback): Promise<Deployment>;
}

export const VERSION_REGISTRAR = Symbol('VERSION_REGISTRAR');

/** The timeline that serves, with the state of each agent's loop on it. */
export interface LiveTimeline {
  readonly timeline: string;
  readonly loops: readonly AgentLoop[];
}

/** Histories of versions, predictions and decisions, and which of them serves. */
export interface Timelines {
  list(): Promise<Timeline[]>;
  /** Makes a timeline. Repeating it changes nothing. @throws TIMELINE_EXISTS when it is there with another purpose */
  create(id: string, purpose: Timeline['purpose'], note?: string): Promise<void>;
  /** `replay-1`, `replay-2`, …: the first that is free. */
  nextReplayId(): Promise<string>;
  /** Reads which timeline serves and tells this process: {@link liveTimeline} of the kernel follows. */
  live(): Promise<LiveTimeline>;
  /** The loop of an agent on a timeline (default: the current one); undefined where it has none. */
  loop(agent: string, timeline?: string): Promise<AgentLoop | undefined>;
}

export const TIMELINES = Symbol('TIMELINES');

/** Channel that tells of each change of Production, and of the live timeline; payload `{timeline, model?, generation?}`. */
export const PRODUCTION_CHANNEL = 'tidemark_production';
