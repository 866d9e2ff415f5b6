import { mkdir, readFile, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  datasetSchema,
  refitDatasetSchema,
  trainerReportSchema,
  type Job,
  type TrainerReport,
} from '@tidemark/contracts';
import { defect } from '@tidemark/kernel';
import { z } from 'zod';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const preparedDatasetSchema = z.union([datasetSchema, refitDatasetSchema]);
/** Report of a `prepare`, by either scheme. */
export type PreparedDataset = z.infer<typeof preparedDatasetSchema>;

/** Names of what `prepare` leaves: the rows, and the report with their split. */
export const DATASET_ROWS = 'dataset.parquet';
export const DATASET_REPORT = 'dataset.json';

/**
 * The folder of one training attempt: bars, and for every split its dataset and one output folder a family. An attempt has a folder of its own, so
 * that one which lost its lease and does not know it yet cannot disturb the next.
 */
export class TrainingWorkspace {
  private constructor(
    private readonly jobRoot: string,
    readonly root: string,
  ) {}

  /** A clean folder for this attempt; what earlier attempts left is removed. */
  static async create(dataDir: string, job: Pick<Job, 'id' | 'attempt'>): Promise<TrainingWorkspace> {
    const jobRoot = join(dataDir, 'work', job.id);
    const root = join(jobRoot, String(job.attempt));
    await mkdir(root, { recursive: true });
    const earlier = (await readdir(jobRoot)).filter((attempt) => Number(attempt) < job.attempt);
    for (const attempt of earlier) await rm(join(jobRoot, attempt), { recursive: true, force: true });
    return new TrainingWorkspace(jobRoot, root);
  }

  /** Removes what killed workers left of jobs that are not open any more. */
  static async removeAbandoned(dataDir: string, isOpen: (jobId: string) => Promise<boolean>): Promise<void> {
    const folder = join(dataDir, 'work');
    const jobIds = (await namesIn(folder)).filter((name) => UUID.test(name));
    for (const jobId of jobIds) {
      if (!(await isOpen(jobId))) await rm(join(folder, jobId), { recursive: true, force: true });
    }
  }

  get barsPath(): string {
    return join(this.root, 'bars.csv');
  }

  async folder(name: string): Promise<string> {
    const path = join(this.root, name);
    await mkdir(path, { recursive: true });
    return path;
  }

  async writeBars(csv: string): Promise<void> {
    await writeFile(this.barsPath, csv);
  }

  async dataset(folder: string): Promise<PreparedDataset> {
    return readJson(join(folder, DATASET_REPORT), preparedDatasetSchema);
  }

  async report(folder: string): Promise<TrainerReport> {
    return readJson(join(folder, 'report.json'), trainerReportSchema);
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
    await rmdir(this.jobRoot).catch(ignoreAnotherAttempt);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The job's folder goes with its last attempt. */
function ignoreAnotherAttempt(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
}

async function readJson<T extends z.ZodType>(path: string, schema: T): Promise<z.infer<T>> {
  const parsed = schema.safeParse(await parseFile(path));
  if (parsed.success) return parsed.data;
  throw outputInvalid(path, parsed.error);
}

async function parseFile(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw outputInvalid(path, error as Error);
  }
}

function outputInvalid(path: string, cause: Error): Error {
  return defect('TRAINER_OUTPUT_INVALID', `${path} does not follow the trainer contract: ${cause.message}`, { cause });
}
