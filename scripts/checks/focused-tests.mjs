import { readText, repoFiles } from './lib/repo.mjs';

const SPEC = /\.((int-)?spec\.ts|test\.mjs)$/;
// A method may well be called fit.
const ONLY = /\b(describe|it|test)\.only\b|(?<![\w.])f(describe|it)\(/;
const SKIP = /\b(describe|it|test)\.(skip|todo)\b|\bx(describe|it|test)\(/;
const REASON = /\/\/ skipped: \S+/;
const BARE_IGNORE = /#\[ignore\]/;

/** No test is focused, and one that is skipped says why on its line or the line before: `// skipped: reason`. */
export function check(root) {
  return repoFiles(root).flatMap((file) => {
    if (file.endsWith('.rs'))
      return lineProblems(root, file, (line) => BARE_IGNORE.test(line) && '#[ignore = "…"] needs its reason');
    if (!SPEC.test(file) || file.startsWith('scripts/checks/')) return [];
    return lineProblems(root, file, (line, previous) => {
      if (ONLY.test(line)) return 'a focused test hides the others';
      return (
        SKIP.test(line) && !REASON.test(line) && !REASON.test(previous) && 'a skipped test needs `// skipped: reason`'
      );
    });
  });
}

function lineProblems(root, file, problemOf) {
  const lines = readText(root, file).split('\n');
  return lines.flatMap((line, index) => {
    const problem = problemOf(line, lines[index - 1] ?? '');
    return problem ? [`${file}:${index + 1}: ${problem}`] : [];
  });
}
