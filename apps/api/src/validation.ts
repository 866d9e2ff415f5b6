import { StandardSchemaValidationPipe } from '@nestjs/common';
import { callerError } from '@tidemark/kernel';

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Validates parameters against their contract; every problem is listed with its path. */
export function createValidationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({
    exceptionFactory: (issues: readonly SchemaIssue[]) => {
      const problems = issues.map((issue) => ({ path: pathOf(issue), message: issue.message }));
      const [first] = problems;
      const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
      const where = first === undefined || first.path === '' ? '' : `${first.path}: `;
      return callerError('REQUEST_INVALID', `${where}${first?.message ?? 'invalid'}${more}`, { details: { problems } });
    },
  });
}

function pathOf(issue: SchemaIssue): string {
  return (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}
