import { join } from 'node:path';
import type { BaseConfig } from '@tidemark/config';
import { isRunning, readJsonIfPresent, startToken } from '@tidemark/embedded-postgres';
import { z } from 'zod';

/** What `npm start` leaves in the data folder while, and after, it runs. */
const STATE_FILE = 'supervisor.json';
const stateSchema = z.object({
  pid: z.number().int().positive(),
  startToken: z.string(),
  apiUrl: z.url({ protocol: /^https?$/ }),
});

/** The address that the environment names, else that of the instance that runs on this data folder, else the default. */
export function apiUrlOf({ apiUrl, isApiUrlGiven, dataDir }: BaseConfig): string {
  return (isApiUrlGiven ? undefined : runningApiUrl(dataDir)) ?? apiUrl;
}

/** Undefined when the file is missing, not ours, or left by a process that is gone, even if its pid is in use again. */
function runningApiUrl(dataDir: string): string | undefined {
  const state = stateSchema.safeParse(readJsonIfPresent(join(dataDir, STATE_FILE))).data;
  if (state === undefined || !isRunning(state.pid) || startToken(state.pid) !== state.startToken) return undefined;
  return state.apiUrl.replace(/\/$/, '');
}
