import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { agentSchema, type Agent } from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';
import { parseYaml, type YamlFile } from './yaml-file.js';

/** An agent together with the file that declares it. */
export interface LoadedAgent {
  readonly agent: Agent;
  /** Absolute path of the YAML file. */
  readonly file: string;
  readonly yaml: string;
  /** SHA-256 of the YAML text, hex. */
  readonly hash: string;
  /** Absolute path of the CSV file of a `csv` source. */
  readonly sourcePath?: string;
  /** Absolute path of the calendar of `calendar: file:PATH`. */
  readonly calendarPath?: string;
}

export interface AgentProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Dotted path inside the file, empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/**
 * Reads every `*.yaml` and `*.yml` of the folder. Throws AGENT_FILE_INVALID with all problems of all files,
 * each with its line and column, so that one look mends everything.
 */
export function loadAgents(folder: string): LoadedAgent[] {
  const problems: AgentProblem[] = [];
  const loaded = agentFiles(folder).flatMap((file) => loadFile(folder, file, problems) ?? []);
  reportDuplicates(loaded, problems);
  if (problems.length > 0) throw invalid(problems);
  return loaded.map(({ entry }) => entry).sort((a, b) => (a.agent.agent < b.agent.agent ? -1 : 1));
}

interface Loaded {
  readonly entry: LoadedAgent;
  readonly source: YamlFile;
}

function agentFiles(folder: string): string[] {
  if (!existsSync(folder)) {
    throw callerError(
      'AGENT_FOLDER_MISSING',
      `Expected the folder of agents at ${folder}; set TIDEMARK_AGENTS_DIR or create it.`,
    );
  }
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function loadFile(folder: string, file: string, problems: AgentProblem[]): Loaded | undefined {
  const yaml = readFileSync(file, 'utf8');
  const source = parseYaml(yaml);
  const report = (path: readonly PropertyKey[], message: string): void => {
    problems.push({ file, ...source.positionOf(path), path: path.map(String).join('.'), message });
  };
  for (const { line, column, message } of source.syntaxProblems)
    problems.push({ file, line, column, path: '', message });
  if (source.syntaxProblems.length > 0) return undefined;
  const result = agentSchema.safeParse(source.value);
  if (!result.success) {
    for (const issue of result.error.issues) reportIssue(issue, report);
    return undefined;
  }
  const places = locate(folder, result.data, report);
  const hash = createHash('sha256').update(yaml).digest('hex');
  return { entry: { agent: result.data, file, yaml, hash, ...places }, source };
}

/** An unknown key is reported at the key itself, not at the map around it. */
function reportIssue(
  issue: { code: string; path: PropertyKey[]; message: string; keys?: string[] },
  report: (path: readonly PropertyKey[], message: string) => void,
): void {
  if (issue.code !== 'unrecognized_keys' || issue.keys === undefined) return report(issue.path, issue.message);
  for (const key of issue.keys) report([...issue.path, key], `unknown key ${JSON.stringify(key)}`);
}

function locate(
  folder: string,
  agent: Agent,
  report: (path: readonly PropertyKey[], message: string) => void,
): Pick<LoadedAgent, 'sourcePath' | 'calendarPath'> {
  const { source, calendar } = agent;
  const sourcePath = source.kind === 'csv' ? sourceFile(folder, source) : undefined;
  const key = source.path === undefined ? 'file' : 'path';
  if (sourcePath === undefined && source.kind === 'csv')
    report(['source', 'package'], `the npm package ${source.package} is not installed`);
  if (sourcePath !== undefined && !existsSync(sourcePath)) report(['source', key], `no such file: ${sourcePath}`);
  const calendarPath = calendar.startsWith('file:') ? resolve(folder, calendar.slice('file:'.length)) : undefined;
  if (calendarPath !== undefined && !existsSync(calendarPath)) report(['calendar'], `no such file: ${calendarPath}`);
  return { sourcePath, calendarPath };
}

/**
 * A path starts at the agents folder. A package's data files are found beside its main entry (`../data`), because a
 * package's `exports` may close every other way to them.
 */
function sourceFile(folder: string, source: Agent['source']): string | undefined {
  if (source.path !== undefined) return resolve(folder, source.path);
  const main = mainEntry(source.package ?? '');
  return main === undefined ? undefined : resolve(dirname(main), '..', 'data', source.file ?? '');
}

function mainEntry(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined;
    throw error;
  }
}

function reportDuplicates(loaded: readonly Loaded[], problems: AgentProblem[]): void {
  const first = new Map<string, string>();
  for (const { entry, source } of loaded) {
    const name = entry.agent.agent;
    const other = first.get(name);
    if (other === undefined) first.set(name, entry.file);
    else
      problems.push({
        file: entry.file,
        ...source.positionOf(['agent']),
        path: 'agent',
        message: `the name ${name} is already used by ${other}`,
      });
  }
}

function invalid(problems: readonly AgentProblem[]): Error {
  const list = problems.map(
    ({ file, line, column, path, message }) =>
      `  ${file}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}`,
  );
  return callerError('AGENT_FILE_INVALID', `The agent files have ${problems.length} problem(s):\n${list.join('\n')}`, {
    details: { problems },
  });
}
