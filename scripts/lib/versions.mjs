/** The first `major.minor.patch` in a text, as numbers; undefined when there is none. A missing patch is 0. */
export function parseVersion(text) {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

export function isAtLeast(version, minimum) {
  for (let i = 0; i < 3; i += 1) {
    if (version[i] !== minimum[i]) return version[i] > minimum[i];
  }
  return true;
}

/** Whether a version is in a range of the forms `^a.b.c` (that major only) and `>=a.b.c`, joined by `||`. */
export function isInRange(version, range) {
  return range.split('||').some((part) => {
    const minimum = parseVersion(part);
    if (minimum === undefined || !isAtLeast(version, minimum)) return false;
    return part.trim().startsWith('>=') || version[0] === minimum[0];
  });
}
