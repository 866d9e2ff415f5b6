import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tallyCargo, tallyJest, tallyTap } from './tally.mjs';

/** Runs a command, showing its output as it comes; resolves to its exit status and what it wrote to stdout. */
function show(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ status: code ?? 1, output }));
  });
}

export async function runCargo(root, patterns) {
  const filter = patterns.length > 0 ? ['--', ...patterns] : [];
  const { status, output } = await show(
    'cargo',
    ['test', '--release', '--workspace', '--no-fail-fast', ...filter],
    root,
  );
  return tallyCargo(output, status);
}

export async function runScripts(root, patterns) {
  const files = readdirSync(join(root, 'scripts'), { recursive: true })
    .filter((file) => file.endsWith('.test.mjs') && !file.includes('node_modules'))
    .map((file) => join('scripts', file))
    .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)));
  if (files.length === 0) return { passed: 0, failed: 0, skipped: [] };
  return withReport('report.tap', async (report) => {
    const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout'];
    const tap = ['--test-reporter=tap', `--test-reporter-destination=${report}`];
    const { status } = await show(process.execPath, ['--test', ...reporters, ...tap, ...files.sort()], root);
    return tallyTap(readFileSync(report, 'utf8'), status);
  });
}

export async function runJest(root, patterns) {
  return withReport('report.json', async (report) => {
    const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    const jest = [join(root, 'node_modules/jest/bin/jest.js'), '--json', `--outputFile=${report}`];
    const filter = patterns.length > 0 ? ['--passWithNoTests', ...patterns] : [];
    const { status } = await quiet(process.execPath, [...node, ...jest, ...filter], root);
    return tallyJest(readReport(report), status);
  });
}

/** Jest prints its progress to stderr, and with --json the report once more to stdout: that copy is dropped. */
function quiet(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('close', (code) => resolve({ status: code ?? 1 }));
  });
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1, testResults: [] };
  }
}

async function withReport(name, use) {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-report-'));
  try {
    return await use(join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
