import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ApiKeys, CreatedKey, KeyInfo } from '@tidemark/auth';
import type { Command } from 'commander';
import { define, group, integer } from '../commands/define.js';
import { shortTime } from '../output/format.js';
import { renderTable } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { withDatabase } from './admin-database.js';

interface CreateOptions extends JsonOption {
  readonly ifNone?: boolean;
  readonly file?: string;
}

interface RotateOptions extends JsonOption {
  readonly grace?: number;
  readonly file?: string;
}

const FIRST_NAME = 'default';
const MAX_GRACE_S = 30 * 86_400;

export function addKeys(admin: Command, session: Session): void {
  const keys = group(admin, 'keys', 'API keys: stored as hashes, shown once');
  define(keys, 'create', {
    summary: 'make a key; goes to the key file when there is none, else it is shown once',
    examples: ['admin keys create notebook', 'admin keys create --if-none', 'admin keys create desk --file desk.key'],
  })
    .argument('[name]', 'who uses it; appears in deployments and logs', FIRST_NAME)
    .option('--if-none', 'do nothing when an accepted key exists')
    .option('--file <path>', 'write it to this file, readable by its owner only')
    .action((name: string, options: CreateOptions) => createKey(session, name, options));
  define(keys, 'list', {
    summary: 'every key by id and name; the keys themselves are not stored',
    examples: ['admin keys list'],
    isDefault: true,
  }).action(async (options: JsonOption) => {
    const list = await withKeys(session, (keyring) => keyring.list());
    if (options.json === true) session.output.json({ items: list });
    else session.output.lines(keyTable(list, session.io.clock.now()));
  });
  define(keys, 'rotate', {
    summary: 'replace a key by a new one of the same name; the key file follows if it holds the old one',
    examples: ['admin keys rotate Ab3dEf6hIj9k --grace 3600'],
  })
    .argument('<id>', 'id of the key, as `keys list` shows it')
    .option('--grace <seconds>', 'the old key is accepted this much longer (default 0)', integer(0, MAX_GRACE_S))
    .option('--file <path>', 'write the new key to this file, readable by its owner only')
    .action((id: string, options: RotateOptions) => rotateKey(session, id, options));
  define(keys, 'revoke', {
    summary: 'refuse a key from now on; running processes follow within seconds',
    examples: ['admin keys revoke Ab3dEf6hIj9k'],
  })
    .argument('<id>', 'id of the key, as `keys list` shows it')
    .action(async (id: string, options: JsonOption) => {
      await withKeys(session, (keyring) => keyring.revoke(id));
      if (options.json === true) session.output.json({ id, revoked: true });
      else session.output.lines([`The key ${id} is revoked.`]);
    });
}

async function createKey(session: Session, name: string, options: CreateOptions): Promise<void> {
  const { apiKeyFile } = session.config;
  const chosen = options.file === undefined ? undefined : resolve(options.file);
  if (options.ifNone === true) {
    const file = chosen ?? apiKeyFile;
    const { created } = await withKeys(session, (keyring) => keyring.createIfNone(name, file));
    if (options.json === true) return session.output.json({ created, file: created ? file : undefined });
    return session.output.lines([created ? `A new key lies in ${file}.` : 'There is an accepted key already.']);
  }
  const file = chosen ?? (existsSync(apiKeyFile) ? undefined : apiKeyFile);
  showCreated(session, await withKeys(session, (keyring) => keyring.create(name, file)), file, options);
}

async function rotateKey(session: Session, id: string, { grace, ...options }: RotateOptions): Promise<void> {
  const { apiKeyFile } = session.config;
  const holder = holdsKey(apiKeyFile, id) ? apiKeyFile : undefined;
  const file = options.file === undefined ? holder : resolve(options.file);
  const created = await withKeys(session, (keyring) => keyring.rotate(id, { graceSeconds: grace, file }));
  showCreated(session, created, file, options);
}

/** A key reads `tm_<id>_<secret>`. */
function holdsKey(file: string, id: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').startsWith(`tm_${id}_`);
}

function showCreated(session: Session, created: CreatedKey, file: string | undefined, options: JsonOption): void {
  const { id, name, key } = created;
  if (options.json === true) return session.output.json(file === undefined ? created : { id, name, file });
  const place = file === undefined ? 'It is shown this once:' : `It lies in ${file}.`;
  session.output.lines([`Key ${id} for ${name} is made. ${place}`, ...(file === undefined ? [key] : [])]);
}

function keyTable(keys: readonly KeyInfo[], now: Date): string[] {
  if (keys.length === 0) return ['No keys: `npx tidemark admin keys create` makes one.'];
  const state = ({ revokedAt }: KeyInfo): string => {
    if (revokedAt === undefined) return 'accepted';
    return `${revokedAt > now ? 'accepted until' : 'revoked'} ${shortTime(revokedAt.toISOString())}`;
  };
  return renderTable(
    [
      { title: 'ID', cell: (key) => key.id },
      { title: 'NAME', cell: (key) => key.name },
      { title: 'STATE', cell: state },
      { title: 'CREATED', cell: (key) => shortTime(key.createdAt.toISOString()) },
    ],
    keys,
  );
}

/** Loaded only here: the other commands do without the database and start faster. */
async function withKeys<T>(session: Session, work: (keys: ApiKeys) => Promise<T>): Promise<T> {
  const { ApiKeys } = await import('@tidemark/auth');
  return withDatabase(session, (dataSource) => work(new ApiKeys(dataSource, session.io.clock)));
}
