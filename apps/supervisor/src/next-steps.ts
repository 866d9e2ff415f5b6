import { join, relative } from 'node:path';
import type { Layout } from './layout.js';

/** What a new user can do next; the very last line says how to stop. */
export function nextSteps(layout: Layout, env: NodeJS.ProcessEnv, from: string): string[] {
  const { apiUrl, config, projectRoot } = layout;
  const short = (path: string): string => {
    const near = relative(from, path);
    return near === '' || near.startsWith('..') ? path : near;
  };
  const settings = [
    ...(isUrlFound(layout, env) ? [] : [`TIDEMARK_API_URL=${apiUrl}`]),
    ...(config.dataDir === join(projectRoot, '.tidemark') ? [] : [`TIDEMARK_DATA_DIR=${short(config.dataDir)}`]),
    ...(config.apiKeyFile === join(config.dataDir, 'api-key')
      ? []
      : [`TIDEMARK_API_KEY_FILE=${short(config.apiKeyFile)}`]),
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

/**
 * The command line reads the address in the data folder, unless its own environment names a host or a port. A host comes
 * from the environment of whoever starts, which may be that of other terminals too.
 */
function isUrlFound({ apiUrl, config }: Layout, env: NodeJS.ProcessEnv): boolean {
  return !env['TIDEMARK_HOST'] || apiUrl === config.apiUrl;
}
