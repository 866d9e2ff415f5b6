import { readJson, repoFiles } from './lib/repo.mjs';

const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** Packages are pinned exactly, and the lock file installs on every platform, not only on the one that wrote it. */
export function check(root) {
  const manifests = repoFiles(root).filter(
    (file) => file === 'package.json' || /^(apps|libs)\/.*\/package\.json$/.test(file),
  );
  return [...manifests.flatMap((file) => pinProblems(root, file)), ...lockProblems(root)];
}

function pinProblems(root, file) {
  const manifest = readJson(root, file);
  const entries = [
    ...Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }),
    ...overrides(manifest.overrides ?? {}),
  ];
  return entries
    .filter(([, version]) => !EXACT.test(version))
    .map(([name, version]) => `${file}: ${name} is "${version}", pin it exactly`);
}

function overrides(tree) {
  return Object.entries(tree).flatMap(([name, value]) => {
    if (typeof value === 'object') return overrides(value);
    return value.startsWith('$') ? [] : [[name, value]];
  });
}

function lockProblems(root) {
  const { packages } = readJson(root, 'package-lock.json');
  const locked = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !locked.has(name))
      .map(
        (name) =>
          `package-lock.json: ${path} wants ${name} on another platform: npm install --package-lock-only without node_modules`,
      ),
  );
}
