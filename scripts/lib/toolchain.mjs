import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { SetupFailure } from './failure.mjs';
import { isAtLeast, isInRange, parseVersion } from './versions.mjs';

const LINKERS = ['cc', 'gcc', 'clang'];
const GET_NODE = 'Get it from https://nodejs.org or with `nvm install 22`.';
const GET_RUST =
  "Get it with `curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh`, then open a new shell; an older one: `rustup update stable`.";
const GET_LINKER =
  'Get it with `apt-get install build-essential` (Debian, Ubuntu), `dnf install gcc` (Fedora) or `xcode-select --install` (macOS).';

/** What the manifests ask for. */
export function requirements(root) {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const rust = /^rust-version\s*=\s*"([^"]+)"/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'));
  return { node: engines.node, rust: rust?.[1] ?? '1.92' };
}

/** Looks at this machine; every field is undefined where the program is missing. `needsLink` tries the linker out. */
export function inspectMachine(root, needsLink) {
  const rustc = runVersion('rustc', ['-vV'], root);
  const linker = LINKERS.find((name) => runVersion(name, ['--version'], root) !== undefined);
  return {
    node: process.version,
    npm: isOnPath('npm') || existsSync(process.env.npm_execpath ?? ''),
    rustc: rustc && /release: (\S+)/.exec(rustc)?.[1],
    host: rustc && /host: (\S+)/.exec(rustc)?.[1],
    cargo: runVersion('cargo', ['--version'], root),
    linker,
    linkError: linker && needsLink ? tryLink(linker) : undefined,
    platform: process.platform,
  };
}

/** All that is missing, one paragraph each; empty when the machine is ready. */
export function describeProblems(machine, needed) {
  const problems = [];
  if (machine.platform === 'win32')
    problems.push('Windows is not supported. Use WSL (https://learn.microsoft.com/windows/wsl).');
  if (!isInRange(parseVersion(machine.node), needed.node))
    problems.push(`Node.js ${needed.node} is needed; this is ${machine.node}. ${GET_NODE}`);
  if (!machine.npm) problems.push(`npm is needed and not on the PATH. It comes with Node.js. ${GET_NODE}`);
  problems.push(...rustProblems(machine, needed.rust));
  if (!machine.linker)
    problems.push(`A C linker is needed; none of ${LINKERS.join(', ')} is on the PATH. ${GET_LINKER}`);
  if (machine.linkError)
    problems.push(`\`${machine.linker}\` cannot link a program: ${machine.linkError}\n${GET_LINKER}`);
  return problems;
}

function rustProblems({ rustc, cargo }, minimum) {
  if (!rustc || !cargo) return [`Rust ≥ ${minimum} is needed; ${rustc ? 'cargo' : 'rustc'} does not run. ${GET_RUST}`];
  if (isAtLeast(parseVersion(rustc), parseVersion(minimum))) return [];
  return [`Rust ≥ ${minimum} is needed; this is ${rustc}. ${GET_RUST}`];
}

/** Throws with everything that is missing at once; prepares the environment of the builds that follow. */
export function checkToolchain(root) {
  addCargoFolderToPath();
  const isFirstBuild = !existsSync(join(root, 'build/native.stamp'));
  const machine = inspectMachine(root, isFirstBuild);
  const problems = describeProblems(machine, requirements(root));
  if (problems.length > 0) {
    throw new SetupFailure(
      `Tidemark cannot be built on this machine yet:\n\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
  // Rust calls `cc`; where only another compiler is there, it has to be told.
  if (machine.linker !== 'cc') {
    process.env[`CARGO_TARGET_${machine.host.toUpperCase().replaceAll('-', '_')}_LINKER`] ??= machine.linker;
  }
}

/** rustup puts its programs here, but only shells opened later have the folder on their PATH. */
function addCargoFolderToPath() {
  const folder = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'bin');
  if (!isOnPath('cargo') && existsSync(join(folder, 'cargo'))) process.env.PATH += delimiter + folder;
}

function isOnPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function runVersion(command, args, cwd) {
  const { status, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}

/** A linker without the C library's start files is found, but useless: a small program tells. */
function tryLink(linker) {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-link-'));
  try {
    const source = join(folder, 'main.c');
    writeFileSync(source, 'int main(void) { return 0; }\n');
    const { status, stderr } = spawnSync(linker, [source, '-o', join(folder, 'main')], { encoding: 'utf8' });
    return status === 0 ? undefined : stderr.trim().split('\n').slice(0, 3).join('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
