import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const FEATURES = readdirSync(resolve(import.meta.dirname, '../../libs/features')).join('|');

const ENV = [
  {
    selector: 'MemberExpression[object.name="process"][property.name="env"]',
    message: 'Only libs/config reads process.env: add a field to the config schema and inject APP_CONFIG.',
  },
];

const CLOCK = [
  {
    selector: 'CallExpression[callee.object.name="Date"][callee.property.name="now"]',
    message: 'Take the Clock port: only the kernel clock reads the wall clock.',
  },
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
    message: 'Take the Clock port: only the kernel clock reads the wall clock.',
  },
];

const NATIVE = [
  {
    selector: 'Literal[value=/\\.node$/]',
    message: 'Only libs/native loads the addon: import @tidemark/native.',
  },
  {
    selector: 'Literal[value=/onnxruntime-node/]',
    message: 'Only libs/native knows where ONNX Runtime lies: import @tidemark/native.',
  },
  {
    selector: 'CallExpression[callee.object.name="process"][callee.property.name="dlopen"]',
    message: 'Only libs/native loads the addon: import @tidemark/native.',
  },
];

const ALWAYS = [
  {
    selector: 'MethodDefinition[kind="constructor"] > FunctionExpression[params.length>8]',
    message: 'More than 8 dependencies: split the class by verb.',
  },
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Named exports only.',
  },
];

/** Options of no-restricted-syntax; each flag opens what the file at hand is the one place for. */
export function syntaxRule({ env, clock, native }) {
  return ['error', ...ALWAYS, ...(env ? [] : ENV), ...(clock ? [] : CLOCK), ...(native ? [] : NATIVE)];
}

/**
 * What the replay may import of ours: the entries of the services it drives, clock and timeline (kernel), and the platform.
 * Nothing that would let it know more, or do it differently, than live.
 */
const REPLAY = [
  'loop/read',
  'market-data/read',
  'registry/read',
  'training/read',
  'auth',
  'config',
  'contracts',
  'database',
  'jobs',
  'kernel',
  'telemetry',
  'testing',
];

/**
 * Options of no-restricted-imports. `features: 'read'` leaves of another feature only its `/read` entry, `'replay'` only
 * those that a replay may know.
 */
export function importRule({ features, env }) {
  const patterns = [
    { regex: '^@tidemark/.*/(src|dist)(/|$)', message: 'Import a lib through its entry points.' },
    { regex: '^onnxruntime-node', message: 'Only libs/native knows where ONNX Runtime lies.' },
  ];
  if (features === 'replay')
    patterns.push({
      regex: `^@tidemark/(?!(${REPLAY.join('|')})$)`,
      message: 'A replay drives the services live uses, through their entries, and knows nothing else.',
    });
  if (features !== 'any')
    patterns.push({
      regex: `^@tidemark/(${FEATURES})(/(?!read$).*)?$`,
      message: 'Features meet through their /read entries; only apps import the others.',
    });
  const paths = [
    {
      name: '@nestjs/common',
      importNames: ['forwardRef'],
      message: 'A circular module: an interface is missing, or an event should replace the call.',
    },
  ];
  if (!env) paths.push({ name: 'node:process', importNames: ['env'], message: 'Only libs/config reads process.env.' });
  return ['error', { paths, patterns }];
}
