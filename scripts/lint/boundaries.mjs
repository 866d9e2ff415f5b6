/**
 * Direction of dependencies: app → feature → platform → contract → util. Every project carries one `type:` tag; a type
 * that is not listed here may depend on nothing, and a check fails on a project without tags.
 */
const ALLOWED = {
  'type:app': ['type:feature', 'type:platform', 'type:contract', 'type:util'],
  'type:feature': ['type:feature', 'type:platform', 'type:contract', 'type:util'],
  'type:platform': ['type:platform', 'type:contract', 'type:util'],
  'type:contract': ['type:util'],
  'type:util': [],
  'type:testing': ['type:platform', 'type:contract', 'type:util'],
};

/** Options of enforce-module-boundaries; with `testing`, for spec files, the testing lib is open to everyone but itself. */
export function boundaryRule({ testing }) {
  const depConstraints = Object.entries(ALLOWED).map(([sourceTag, targets]) => ({
    sourceTag,
    onlyDependOnLibsWithTags: testing ? [...targets, 'type:testing'] : targets,
  }));
  return ['error', { enforceBuildableLibDependency: false, allow: [], depConstraints }];
}
