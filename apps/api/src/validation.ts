import { StandardSchemaValidationPipe } from '@nestjs/common';
import { callerError, type TidemarkError } from '@tidemark/kernel';

type PathPart = PropertyKey | { readonly key: PropertyKey };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly PathPart[] | undefined;
  /** Of a union: what each of its branches found wrong, where the schema library tells. */
  readonly errors?: readonly (readonly SchemaIssue[])[];
}

interface Problem {
  readonly path: string;
  readonly message: string;
}

/** Validates parameters against their contract; every problem is listed with its path. */
export function createValidationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({ exceptionFactory: requestInvalid });
}

function requestInvalid(issues: readonly SchemaIssue[]): TidemarkError {
  const problems = issues.flatMap((issue) => problemsOf(issue, []));
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `;
  return callerError('REQUEST_INVALID', `${where}${first?.message ?? 'invalid'}${more}`, { details: { problems } });
}

/** Of a union the branch that came closest speaks: the one with the fewest problems. */
function problemsOf(issue: SchemaIssue, prefix: readonly string[]): Problem[] {
  const path = [...prefix, ...(issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))];
  const branches = (issue.errors ?? []).map((branch) => branch.flatMap((inner) => problemsOf(inner, path)));
  const [closest] = branches.sort((a, b) => a.length - b.length);
  return closest ?? [{ path: path.join('.'), message: issue.message }];
}
