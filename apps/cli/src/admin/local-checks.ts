import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAgents, repositoryRoot } from '@tidemark/config';
import { callerError, operationalError, uuidV7 } from '@tidemark/kernel';
import type { Session } from '../session.js';
import type { Check } from './doctor.js';
import { isInRange } from './node-range.js';
import { checkTrainer } from './trainer-check.js';

const GIB = 1024 ** 3;
const LEAST_FREE_BYTES = GIB;
/** Permission bits of anybody but the owner. */
const OTHERS = 0o077;

/** What can be checked on this machine alone. */
export function localChecks(session: Session): Check[] {
  return [
    { name: 'node', run: checkNode },
    { name: 'agents', run: () => checkAgents(session) },
    { name: 'disk', run: () => checkDisk(session) },
    { name: 'key file', run: () => checkKeyFile(session) },
    { name: 'native core', run: () => checkNative(session) },
    { name: 'trainer', run: () => checkTrainer(session.config.trainerPath) },
  ];
}

function checkNode(): string {
  const manifest = readFileSync(join(repositoryRoot(), 'package.json'), 'utf8');
  const { engines } = JSON.parse(manifest) as { engines: { node: string } };
  if (isInRange(process.versions.node, engines.node)) return process.version;
  throw callerError(
    'NODE_UNSUPPORTED',
    `This is Node ${process.version}; ${engines.node} is needed: nodejs.org has it.`,
  );
}

function checkAgents({ config }: Session): string {
  const agents = loadAgents(config.agentsDir).map(({ agent }) => agent.agent);
  if (agents.length > 0) return agents.join(', ');
  throw callerError(
    'AGENTS_NONE',
    `There is no agent in ${config.agentsDir}: add a YAML file, or set TIDEMARK_AGENTS_DIR.`,
  );
}

async function checkDisk({ config, io }: Session): Promise<string> {
  const probe = join(config.dataDir, `doctor-${uuidV7(io.clock)}`);
  try {
    writeFileSync(probe, 'probe');
    rmSync(probe);
  } catch (error) {
    const advice = 'run `npm start` once to make it, or make it writable for this user';
    throw operationalError('DATA_FOLDER_NOT_WRITABLE', `${(error as Error).message}: ${advice}.`, { cause: error });
  }
  const { bavail, bsize } = await statfs(config.dataDir);
  const free = bavail * bsize;
  const text = `${config.dataDir}: ${(free / GIB).toFixed(1)} GiB free`;
  if (free >= LEAST_FREE_BYTES) return text;
  throw operationalError('DISK_ALMOST_FULL', `${text}: make room, or the prediction log and trainings will fail.`);
}

function checkKeyFile({ config }: Session): string {
  if (config.apiKey !== undefined) return 'TIDEMARK_API_KEY is set';
  const { apiKeyFile } = config;
  const stat = statSync(apiKeyFile, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw callerError('API_KEY_MISSING', `${apiKeyFile} does not exist: \`npx tidemark admin keys create\` makes it.`);
  }
  if ((stat.mode & OTHERS) === 0) return apiKeyFile;
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
  throw callerError(
    'KEY_FILE_OPEN',
    `${apiKeyFile} has mode ${mode}, others can read the key: chmod 600 ${apiKeyFile}`,
  );
}

async function checkNative({ config }: Session): Promise<string> {
  const { initNative } = await import('@tidemark/native');
  initNative({ ortLibrary: config.ortLibrary });
  return 'addon and ONNX Runtime load';
}
