import { relative } from 'node:path';
import type { Layout } from './layout.js';

/** What a new user can do next; the very last line says how to stop. */
export function nextSteps(layout: Layout, from: string): string[] {
  const { apiUrl, config } = layout;
  const short = (path: string): string => {
    const near = relative(from, path);
    return near === '' || near.startsWith('..') ? path : near;
  };
  const settings = [
    ...(layout.isDefaultUrl ? [] : [`TIDEMARK_API_URL=${apiUrl}`]),
    ...(layout.isDefaultKeyFile ? [] : [`TIDEMARK_API_KEY_FILE=${short(config.apiKeyFile)}`]),
  ];
  const cli = (command: string): string => [...settings, 'npx tidemark', command].join(' ');
  return [
    `Serving on ${apiUrl}`,
    `  API reference   ${apiUrl}/docs`,
    `  Health          ${apiUrl}/health`,
    `  A prediction    curl -s ${apiUrl}/api/v1/predict -H "authorization: Bearer $(cat ${short(config.apiKeyFile)})" \\`,
    `                    -H 'content-type: application/json' -d '{"agent":"market_insight"}'`,
    `  Command line    ${cli('status')}`,
    `                  ${cli('models')}`,
    `                  ${cli('predict market_insight')}`,
    `  Log files       ${short(layout.logDir)}`,
    'Ctrl-C stops',
  ];
}
