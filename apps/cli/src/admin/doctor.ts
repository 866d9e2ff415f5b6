import { operationalError, toTidemarkError } from '@tidemark/kernel';
import { renderTable } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { localChecks } from './local-checks.js';
import { serviceChecks } from './service-checks.js';

/** Returns what it found when all is well; throws what is wrong and what to do about it. */
export interface Check {
  readonly name: string;
  readonly run: () => string | Promise<string>;
}

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly code?: string;
  readonly message: string;
}

/** Runs every check, also after one has failed, and fails at the end if any did. */
export async function runDoctor(session: Session, options: JsonOption): Promise<void> {
  const findings: Finding[] = [];
  for (const check of [...localChecks(session), ...serviceChecks(session)]) findings.push(await examine(check));
  if (options.json === true) session.output.json({ checks: findings });
  else session.output.lines(report(findings));
  const failed = findings.filter(({ ok }) => !ok);
  if (failed.length === 0) return;
  throw operationalError(
    'DOCTOR_FOUND_PROBLEMS',
    `${failed.length} of ${findings.length} checks failed: ${failed.map(({ check }) => check).join(', ')}.`,
  );
}

async function examine({ name, run }: Check): Promise<Finding> {
  try {
    return { check: name, ok: true, message: await run() };
  } catch (thrown) {
    const { code, message } = toTidemarkError(thrown);
    return { check: name, ok: false, code, message };
  }
}

/** A failure's message may have many lines; they follow below the table, where they can be read. */
function report(findings: readonly Finding[]): string[] {
  const table = renderTable(
    [
      { title: 'CHECK', cell: ({ check }) => check },
      { title: 'RESULT', cell: ({ ok }) => (ok ? 'ok' : 'FAILED') },
      { title: 'FOUND', cell: ({ ok, code, message }) => (ok ? message : (code ?? '')) },
    ],
    findings,
  );
  const details = findings.filter(({ ok }) => !ok).map(({ check, message }) => `${check}: ${message}`);
  return details.length === 0 ? table : [...table, '', ...details];
}
