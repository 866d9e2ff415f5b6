import { readText, repoFiles } from './lib/repo.mjs';

const CONTRACT = 'libs/contracts/src/decisions.ts';
const MONITORS = /monitor: z\.enum\(\[([^\]]*)\]\)/;

/** Every monitor that can raise an alert has a runbook page, and every page a monitor; the index names all of them. */
export function check(root) {
  const files = repoFiles(root);
  if (!files.includes(CONTRACT)) return [];
  const [, list = ''] = MONITORS.exec(readText(root, CONTRACT)) ?? [];
  const monitors = [...list.matchAll(/'([a-z_]+)'/g)].map(([, name]) => name);
  if (monitors.length === 0) return [`${CONTRACT}: the list of monitors was not found; this check reads it there`];
  const pages = files
    .filter((file) => /^docs\/runbooks\/[a-z_]+\.md$/.test(file))
    .map((file) => file.slice('docs/runbooks/'.length, -'.md'.length));
  const index = files.includes('docs/runbooks/README.md') ? readText(root, 'docs/runbooks/README.md') : '';
  return [
    ...monitors
      .filter((name) => !pages.includes(name))
      .map((name) => `docs/runbooks/${name}.md: the monitor ${name} has no runbook`),
    ...pages
      .filter((name) => !monitors.includes(name))
      .map((name) => `docs/runbooks/${name}.md: there is no monitor of that name`),
    ...pages
      .filter((name) => !index.includes(`(${name}.md)`))
      .map((name) => `docs/runbooks/README.md: does not name ${name}.md`),
  ];
}
