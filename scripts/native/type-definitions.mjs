import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the declarations of the addon's exports are kept, relative to the repository. */
export const BINDING_FILE = 'libs/native/src/binding.ts';

const HEADER = `// Generated from crates/native by \`node scripts/build-native.mjs --write-types\`; do not edit.\n`;

/** The TypeScript source for the definitions that the napi macros wrote into `folder` while the crate was compiled. */
export async function bindingSource(folder) {
  const lines = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('')
    .split('\n')
    .filter((line) => line !== '');
  const { format } = await import('prettier');
  return format(renderBinding(lines.map((line) => JSON.parse(line))), {
    parser: 'typescript',
    printWidth: 120,
    singleQuote: true,
    trailingComma: 'all',
  });
}

/** Interfaces first, then one interface with every exported function; both by name, so that the text is stable. */
export function renderBinding(definitions) {
  const unknown = definitions.find(({ kind }) => kind !== 'interface' && kind !== 'fn');
  if (unknown)
    throw new Error(`The addon exports a ${unknown.kind} (${unknown.name}): only functions and plain objects cross`);
  const sorted = [...definitions].sort((left, right) => (left.name < right.name ? -1 : 1));
  const objects = sorted
    .filter(({ kind }) => kind === 'interface')
    .map(({ name, js_doc, def }) => `${js_doc}export interface ${name} {\n${def}\n}\n`);
  const functions = sorted
    .filter(({ kind }) => kind === 'fn')
    // An optional parameter is undefined anyway.
    .map(
      ({ js_doc, def }) => `${js_doc}${def.replace(/^function /, '').replaceAll(' | undefined | null', ' | null')};\n`,
    );
  const binding = `/** Every export of the addon. */\nexport interface NativeBinding {\n${functions.join('')}}\n`;
  return [HEADER, ...objects, binding].join('\n');
}

/** Writes the declarations; that they are current is checked with the other generated files. */
export async function writeBinding(root, folder) {
  writeFileSync(join(root, BINDING_FILE), await bindingSource(folder));
}
