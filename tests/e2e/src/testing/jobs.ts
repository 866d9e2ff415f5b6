import type { Job, MainJob, ModelVersion } from '@tidemark/contracts';
import { eventually } from '@tidemark/testing';
import type { ApiClient } from './api-client.js';

const JOB_MS = 60_000;
const MAIN_JOB_MS = 180_000;
const ENDED: readonly Job['state'][] = ['succeeded', 'failed', 'cancelled'];

export interface Training {
  readonly agent: string;
  readonly asOf?: string;
  readonly families?: readonly string[];
  readonly seed?: number;
}

export async function startTraining(api: ApiClient, training: Training): Promise<Job> {
  return api.post<Job>('/api/v1/training/start', training);
}

export async function job(api: ApiClient, id: string): Promise<Job> {
  return api.get<Job>(`/api/v1/jobs/${id}`);
}

export async function ended(api: ApiClient, id: string): Promise<Job> {
  const probe = async (): Promise<Job | undefined> => {
    const found = await job(api, id);
    return ENDED.includes(found.state) ? found : undefined;
  };
  return eventually(probe, { timeoutMs: JOB_MS, intervalMs: 50 });
}

/** The job, which must succeed. */
export async function succeeded(api: ApiClient, id: string): Promise<Job> {
  const found = await ended(api, id);
  if (found.state === 'succeeded') return found;
  throw new Error(`${found.kind} job ${found.state}: ${JSON.stringify(found.error)}`);
}

export async function ingest(api: ApiClient, agent: string): Promise<void> {
  const { id } = await api.post<Job>(`/api/v1/agents/${agent}/ingest`);
  await succeeded(api, id);
}

/** Trains to the end and returns the registered version's number. */
export async function train(api: ApiClient, training: Training): Promise<string> {
  const { id } = await startTraining(api, training);
  return String((await succeeded(api, id)).result?.['version']);
}

export async function versions(api: ApiClient, agent: string): Promise<ModelVersion[]> {
  const { status, body } = await api.send<{ items: ModelVersion[] }>(
    'GET',
    `/api/v1/models/${agent}/versions?limit=100`,
  );
  return status === 404 ? [] : body.items;
}

/** Starts the main job and waits for it; it must succeed. */
export async function runMainJob(api: ApiClient, request: { readonly rerun?: boolean } = {}): Promise<MainJob> {
  await api.post('/api/v1/main-job', request);
  const probe = async (): Promise<MainJob | undefined> => {
    const found = await api.get<MainJob>('/api/v1/main-job');
    return found.state === 'running' ? undefined : found;
  };
  const done = await eventually(probe, { timeoutMs: MAIN_JOB_MS, intervalMs: 100 });
  if (done.state === 'succeeded') return done;
  throw new Error(`the main job ${done.state}: ${JSON.stringify(done.jobs.map(({ kind, error }) => [kind, error]))}`);
}
