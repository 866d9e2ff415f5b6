import { readText, repoFiles } from './lib/repo.mjs';

const CAPS = [
  { matches: /\.(int-)?spec\.ts$/, lines: 500 },
  { matches: /\.ts$/, lines: 400 },
  { matches: /\.mjs$/, lines: 400 },
  { matches: /\.rs$/, lines: 800 },
  { matches: /\.py$/, lines: 400 },
];
const GENERATED = /(^|\/)generated\/|\.generated\.|\.d\.ts$/;

/** Hand-written files stay short enough to be read at once; what a generator writes is exempt. */
export function check(root) {
  return repoFiles(root)
    .filter((file) => !GENERATED.test(file))
    .flatMap((file) => {
      const cap = CAPS.find(({ matches }) => matches.test(file));
      if (cap === undefined) return [];
      const lines = readText(root, file).split('\n').length - 1;
      return lines > cap.lines ? [`${file}: ${lines} lines, at most ${cap.lines}: split it`] : [];
    });
}
