/**
 * What a runner reported, in one shape: `{ passed, failed, skipped: [{ name, reason }] }`. A runner that ended with an
 * error without naming a failed test (it did not compile, it crashed) counts as one failure.
 */
const CARGO_RESULT = /^test result: \w+\. (\d+) passed; (\d+) failed;/gm;
const CARGO_IGNORED = /^test (.+) \.\.\. ignored(?:, (.*))?$/gm;
const TAP_COUNT = /^# (pass|fail|cancelled) (\d+)$/gm;
const TAP_SKIP = /^\s*ok \d+ - (.+?) # SKIP\s*(.*)$/gm;

export function tallyCargo(output, status) {
  const results = [...output.matchAll(CARGO_RESULT)];
  const skipped = [...output.matchAll(CARGO_IGNORED)].map(([, name, reason]) => ({ name, reason: reason ?? '' }));
  return honest({ passed: sum(results, 1), failed: sum(results, 2), skipped }, status);
}

export function tallyTap(report, status) {
  const counts = { pass: 0, fail: 0, cancelled: 0 };
  for (const [, key, count] of report.matchAll(TAP_COUNT)) counts[key] += Number(count);
  const skipped = [...report.matchAll(TAP_SKIP)].map(([, name, reason]) => ({ name, reason }));
  return honest({ passed: counts.pass, failed: counts.fail + counts.cancelled, skipped }, status);
}

export function tallyJest(report, status) {
  const skipped = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status: outcome }) => ['pending', 'todo', 'skipped', 'disabled'].includes(outcome))
    .map(({ fullName }) => ({ name: fullName, reason: '' }));
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return honest({ passed: report.numPassedTests, failed, skipped }, status);
}

export function addTallies(tallies) {
  return {
    passed: tallies.reduce((total, { passed }) => total + passed, 0),
    failed: tallies.reduce((total, { failed }) => total + failed, 0),
    skipped: tallies.flatMap(({ skipped }) => skipped),
  };
}

function honest(tally, status) {
  return status !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

function sum(matches, group) {
  return matches.reduce((total, match) => total + Number(match[group]), 0);
}
