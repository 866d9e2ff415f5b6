import { operationalError } from '@tidemark/kernel';
import type { Session } from '../session.js';
import { adminDatabase, withDatabase } from './admin-database.js';
import type { Check } from './doctor.js';

/** What has to answer: the database and the API. */
export function serviceChecks(session: Session): Check[] {
  return [
    { name: 'database', run: () => checkDatabase(session) },
    { name: 'api', run: () => checkApi(session) },
  ];
}

async function checkDatabase(session: Session): Promise<string> {
  const { assertSchema } = await import('@tidemark/database');
  await withDatabase(session, assertSchema);
  const { isEmbedded } = adminDatabase(session.config);
  return `${isEmbedded ? 'embedded' : 'DATABASE_URL'} answers, schema up to date`;
}

async function checkApi({ api }: Session): Promise<string> {
  const { status, parts } = await api.health();
  const unwell = Object.entries(parts)
    .filter(([, part]) => part.status !== 'ok')
    .map(([name, part]) => `${name} ${part.status}: ${part.message}`);
  if (status !== 'down') return [`${api.baseUrl} is ${status}`, ...unwell].join('; ');
  throw operationalError(
    'API_DOWN',
    `${api.baseUrl} answers, but cannot serve: ${unwell.join('; ')}. See its log file.`,
  );
}
