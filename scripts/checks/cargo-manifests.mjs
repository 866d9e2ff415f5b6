import { readText, repoFiles } from './lib/repo.mjs';

const NAPI = /^\s*napi(-derive|-build)?\s*(=|\.)/m;
const DEV_ONLY = 'tidemark-testkit';
/** Crates that may depend on the test kit outside dev-dependencies: benches are nothing but measurements of tests' data. */
const TESTKIT_USERS = ['bench'];

/** Crates are flat and share the workspace's lints; only crates/native names napi; test helpers stay out of shipped code. */
export function check(root) {
  const manifests = repoFiles(root).filter((file) => /^crates\/.*Cargo\.toml$/.test(file));
  return manifests.flatMap((file) => {
    const folder = file.split('/')[1];
    const text = readText(root, file);
    const problems = [];
    if (file !== `crates/${folder}/Cargo.toml`) problems.push(`${file}: crates are flat, one folder below crates/`);
    if (section(text, 'package').match(/^name\s*=\s*"([^"]*)"/m)?.[1] !== `tidemark-${folder}`)
      problems.push(`${file}: the package must be named tidemark-${folder}`);
    if (!/^workspace\s*=\s*true/m.test(section(text, 'lints')) && !/^lints\.workspace\s*=\s*true/m.test(text))
      problems.push(`${file}: add [lints] workspace = true`);
    if (folder !== 'native' && NAPI.test(text)) problems.push(`${file}: only crates/native may name napi`);
    if (!TESTKIT_USERS.includes(folder) && section(text, 'dependencies').includes(DEV_ONLY))
      problems.push(`${file}: ${DEV_ONLY} belongs in [dev-dependencies]`);
    return problems;
  });
}

function section(toml, name) {
  const start = toml.split(new RegExp(`^\\[${name}\\]\\s*$`, 'm'))[1] ?? '';
  return start.split(/^\[/m)[0];
}
