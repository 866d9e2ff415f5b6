/**
 * Tests that may be skipped, matched against their full name, and why. In CI any other skip fails the run: a test that
 * silently stops running is worse than one that fails.
 */
export const EXPECTED_SKIPS = [
  {
    matches: /moves data and binaries out of a clone that the server account cannot enter/,
    reason: 'only root has to run the server under another account',
  },
];

/** The skips with their reasons; `expected` is false for those nobody announced. */
export function explainSkips(skipped, expectations = EXPECTED_SKIPS) {
  return skipped.map(({ name, reason }) => {
    const known = expectations.find(({ matches }) => matches.test(name));
    return { name, reason: known?.reason ?? (reason || 'no reason given'), expected: known !== undefined };
  });
}
