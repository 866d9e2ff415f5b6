import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTallies, tallyCargo, tallyJest, tallyTap } from './tally.mjs';

const CARGO = `
test golden::adx ... ok
test slow::walk ... ignored, takes two minutes
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
`;

test('adds up the test binaries of cargo and keeps the reasons of ignored tests', () => {
  assert.deepEqual(tallyCargo(CARGO, 101), {
    passed: 15,
    failed: 2,
    skipped: [{ name: 'slow::walk', reason: 'takes two minutes' }],
  });
});

test('reads the TAP summary, cancelled tests being failures', () => {
  const report = 'ok 1 - a\n    ok 2 - b # SKIP needs root\n# pass 4\n# fail 1\n# cancelled 1\n# skipped 1\n';
  assert.deepEqual(tallyTap(report, 1), { passed: 4, failed: 2, skipped: [{ name: 'b', reason: 'needs root' }] });
});

test('counts a jest suite that could not run as a failure', () => {
  const assertionResults = [
    { status: 'passed', fullName: 'a' },
    { status: 'pending', fullName: 'b as root' },
  ];
  const report = {
    numPassedTests: 1,
    numFailedTests: 0,
    numRuntimeErrorTestSuites: 1,
    testResults: [{ assertionResults }],
  };
  assert.deepEqual(tallyJest(report, 1), { passed: 1, failed: 1, skipped: [{ name: 'b as root', reason: '' }] });
});

test('counts a runner that failed without a failed test as one failure', () => {
  assert.equal(tallyCargo('error: could not compile', 101).failed, 1);
  assert.equal(tallyTap('', 1).failed, 1);
});

test('adds runners', () => {
  const one = { passed: 1, failed: 2, skipped: [{ name: 'a', reason: '' }] };
  assert.deepEqual(addTallies([one, one]), { passed: 2, failed: 4, skipped: [...one.skipped, ...one.skipped] });
});
