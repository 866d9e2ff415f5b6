import { errorResponseSchema } from '@tidemark/contracts';
import { TidemarkError, operationalError, type ErrorFamily } from '@tidemark/kernel';
import { z } from 'zod';
import { nameCommand } from './command-names.js';

/** How the API reports one of several problems: by place in the request, or by row and column of its data. */
const problemSchema = z.object({
  row: z.number().optional(),
  column: z.string().optional(),
  path: z.string().optional(),
  message: z.string(),
});
const problemsSchema = z.array(problemSchema);

/** The API answered with an error: the same code, message and details, in the family its status stands for. */
export function refused(status: number, body: unknown, url: string): TidemarkError {
  const parsed = errorResponseSchema.safeParse(body);
  if (!parsed.success) {
    return operationalError('API_ANSWER_UNKNOWN', `${url} answered ${status} without an error code.`, {
      details: { status },
    });
  }
  const { code, message, details, requestId } = parsed.data;
  const family = familyOf(status);
  const trace = family === 'defect' ? ` (request ${requestId})` : '';
  return new TidemarkError(code, family, `${nameCommand(message)}${trace}${listProblems(details)}`, {
    details: { ...details, requestId },
    status,
  });
}

/** No answer: refused, reset, or not in time. */
export function unreachable(url: string, cause: unknown): TidemarkError {
  const why = (cause as Error).name === 'TimeoutError' ? 'no answer in time' : reasonOf(cause);
  const { origin } = new URL(url);
  return operationalError(
    'API_UNREACHABLE',
    `No answer from ${origin} (${why}): start it with \`npm start\`, or set TIDEMARK_API_URL, or TIDEMARK_DATA_DIR to its data folder.`,
    { cause },
  );
}

export function answerUnknown(url: string, problem: string): TidemarkError {
  return operationalError(
    'API_ANSWER_UNKNOWN',
    `${url} answered in a form this version does not know; are the command line and the API of the same version? ${problem}`,
  );
}

function familyOf(status: number): ErrorFamily {
  if (status < 500) return 'caller';
  return status === 500 ? 'defect' : 'operational';
}

/** A request with several problems names the first in its message; all follow on lines of their own. */
function listProblems(details: Readonly<Record<string, unknown>>): string {
  const problems = problemsSchema.safeParse(details.problems).data ?? [];
  return problems.length < 2 ? '' : problems.map((problem) => `\n  ${describeProblem(problem)}`).join('');
}

function describeProblem({ row, column, path, message }: z.infer<typeof problemSchema>): string {
  const where = row === undefined ? (path ?? '') : `row ${row}, column ${column ?? '?'}`;
  return where === '' ? message : `${where}: ${message}`;
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message: string };
  return cause?.code ?? cause?.message ?? message;
}
