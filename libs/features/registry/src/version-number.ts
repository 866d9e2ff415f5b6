import type { Signature } from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';

export interface VersionNumber {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** What decides the next number: a recipe is its family and its signature. */
export interface Recipe {
  readonly family: string;
  readonly signature: Signature;
}

/** The number of every agent's first version, its naive baseline. */
export const BASELINE_VERSION: VersionNumber = { major: 0, minor: 1, patch: 0 };

export function formatVersion({ major, minor, patch }: VersionNumber): string {
  return `${major}.${minor}.${patch}`;
}

/** Names, kinds, columns, widths and order of inputs and outputs, and the label; ranges may differ from fit to fit. */
export function signatureShape(signature: Signature): string {
  // A stored signature comes back with its keys in Postgres's order, so the order of keys must not matter.
  const label = Object.entries(signature.label).sort(([a], [b]) => (a < b ? -1 : 1));
  const inputs = signature.inputs.map((input) => {
    const column = input.kind === 'matured_label_rate' ? null : input.column;
    return [input.name, input.kind, column, input.width];
  });
  const outputs = signature.outputs.map(({ name }) => name);
  return JSON.stringify([signature.task, label, inputs, outputs]);
}

function isSameRecipe(a: Recipe, b: Recipe): boolean {
  return a.family === b.family && signatureShape(a.signature) === signatureShape(b.signature);
}

/**
 * Number of the version after `newest`: same family and signature raises MINOR, another family or signature MAJOR;
 * PATCH is asked for by hand and only for the same recipe.
 */
export function nextVersion(
  newest: (VersionNumber & Recipe) | undefined,
  recipe: Recipe,
  bump?: 'patch',
): VersionNumber {
  if (newest === undefined) return BASELINE_VERSION;
  const isSame = isSameRecipe(newest, recipe);
  if (bump === 'patch') {
    if (!isSame) {
      throw callerError(
        'PATCH_CHANGES_RECIPE',
        `A patch keeps family and signature; ${formatVersion(newest)} is ${newest.family}, this is ${recipe.family}. Register without patch.`,
      );
    }
    return { major: newest.major, minor: newest.minor, patch: newest.patch + 1 };
  }
  return isSame
    ? { major: newest.major, minor: newest.minor + 1, patch: 0 }
    : { major: newest.major + 1, minor: 0, patch: 0 };
}
