import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetSchema, trainerReportSchema, type Dataset, type TrainerReport } from '@tidemark/contracts';
import { defect } from '@tidemark/kernel';
import type { z } from 'zod';


/** The folder of one training attempt: bars, dataset, one output folder a family. Removed when the attempt ends. */
export class TrainingWorkspace {
  private constructor(readonly root: string) {}

  /** A clean folder for this attempt; what a lost attempt left is removed. */
  static async create(dataDir: string, jobId: string): Promise<TrainingWorkspace> {
    const root = join(dataDir, 'work', jobId);
    await rm(root, { recursive: true, force: true });
    await mkdir(root, { recursive: true });
    return new TrainingWorkspace(root);
  }

  get barsPath(): string {
    return join(this.root, 'bars.csv');
  }

  get datasetPath(): string {
    return join(this.root, 'dataset', 'dataset.parquet');
  }

  async folder(name: string): Promise<string> {
    const path = join(this.root, name);
    await mkdir(path, { recursive: true });
    return path;
  }

  async writeBars(csv: string): Promise<void> {
    await writeFile(this.barsPath, csv);
  }

  async dataset(): Promise<Dataset> {
    return readJson(join(this.root, 'dataset', 'dataset.json'), datasetSchema);
  }

  async report(folder: string): Promise<TrainerReport> {
    return readJson(join(folder, 'report.json'), trainerReportSchema);
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

async function readJson<T extends z.ZodType>(path: string, schema: T): Promise<z.infer<T>> {
  const parsed = schema.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (parsed.success) return parsed.data;
  throw defect('TRAINER_OUTPUT_INVALID', `${path} does not follow the trainer contract: ${parsed.error.message}`);
}
