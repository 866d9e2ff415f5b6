import { settings, type Setting } from './settings.js';

/** Text of `.env.example`, generated so that it cannot fall behind the schema. */
export function envExample(): string {
  const header = [
    '# Every variable Tidemark reads. All are optional; each line shows what holds without it.',
    '# Generated from libs/config/src/settings.ts by `npm run generate`: edit the settings, not this file.',
  ];
  const slices = Object.values(settings).map((slice) =>
    Object.values(slice as Record<string, Setting>)
      .map(describe)
      .join('\n'),
  );
  return `${[header.join('\n'), ...slices].join('\n\n')}\n`;
}

function describe(setting: Setting): string {
  const isSecret = setting.secret === true ? ' Secret: printed masked.' : '';
  return `# ${setting.purpose}${isSecret} Default: ${setting.fallback}\n# ${setting.variable}=`;
}
