type Version = readonly [major: number, minor: number, patch: number];

/** Whether a version is in a range of the forms `^a.b.c` and `>=a.b.c` joined by `||`: what `engines.node` uses. */
export function isInRange(version: string, range: string): boolean {
  const actual = parse(version);
  return range.split('||').some((part) => {
    const minimum = parse(part);
    return isAtLeast(actual, minimum) && (part.trim().startsWith('>=') || actual[0] === minimum[0]);
  });
}

function parse(text: string): Version {
  const [, major, minor, patch] = /(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  return [Number(major), Number(minor), Number(patch)];
}

function isAtLeast(version: Version, minimum: Version): boolean {
  const differing = version.findIndex((part, index) => part !== minimum[index]);
  return differing < 0 || version[differing]! > minimum[differing]!;
}
