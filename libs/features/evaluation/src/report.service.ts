import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import { nameSchema, timelineIdSchema } from '@tidemark/contracts';
import { notFound } from '@tidemark/kernel';
import type { Evaluation } from './evaluation.service.js';
import { indexHtml, reportHtml } from './report/html.js';
import { reportMarkdown } from './report/markdown.js';

const INDEX = 'index';

/** A report in both of its forms. */
export interface Pages {
  readonly markdown: string;
  readonly html: string;
}

/**
 * Reports as files under the data folder: `reports/<timeline>/<agent>.md`, `.html` and an `index.html`. Only names that
 * their schemas allow are looked for: these hold no dot and no slash.
 */
@Injectable()
export class ReportService {
  constructor(@Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'dataDir'>) {}

  /** Writes an agent's report and the timeline's index anew; returns the path under which the API shows it. */
  async write(evaluation: Evaluation): Promise<string> {
    const { timeline, agent } = evaluation.table;
    return this.put(timeline, agent, { markdown: reportMarkdown(evaluation), html: reportHtml(evaluation) });
  }

  /** The same with pages that are written already; `timeline` may be a study. */
  async put(timeline: string, agent: string, { markdown, html }: Pages): Promise<string> {
    const folder = this.folderOf(timeline);
    await mkdir(folder, { recursive: true });
    await replace(join(folder, `${agent}.md`), markdown, agent);
    await replace(join(folder, `${agent}.html`), html, agent);
    const pages = (await readdir(folder)).filter((name) => /^[a-z][a-z0-9_]*\.html$/.test(name));
    const agents = pages.map((name) => name.slice(0, -'.html'.length)).filter((name) => name !== INDEX);
    await replace(join(folder, `${INDEX}.html`), indexHtml(timeline, agents.sort()), agent);
    return `/reports/${timeline}/${agent}`;
  }

  /** The page of an agent, or the index of a timeline. @throws REPORT_UNKNOWN */
  async html(timeline: string, agent: string = INDEX): Promise<string> {
    const isName = timelineIdSchema.safeParse(timeline).success && nameSchema.safeParse(agent).success;
    try {
      if (isName) return await readFile(join(this.folderOf(timeline), `${agent}.html`), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    throw notFound('REPORT_UNKNOWN', `There is no report of ${agent} on ${timeline}: its table has not been made.`, {
      timeline,
      agent,
    });
  }

  private folderOf(timeline: string): string {
    return join(this.config.dataDir, 'reports', timeline);
  }
}

/** A reader sees the old file or the new one; two agents may write the index at once. */
async function replace(path: string, text: string, writer: string): Promise<void> {
  const draft = `${path}.${writer}.draft`;
  await writeFile(draft, text);
  await rename(draft, path);
}
