import { toTidemarkError } from '@tidemark/kernel';
import { CommanderError } from 'commander';
import type { CliIo } from './io.js';
import { buildProgram } from './program.js';
import { Session } from './session.js';

const EXIT_USAGE = 2;

/** Runs one command line and returns its exit code; every failure is printed as `CODE: message` on standard error. */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  const session = new Session(io);
  try {
    await buildProgram(session).parseAsync(args, { from: 'user' });
    return session.exitCode;
  } catch (thrown) {
    // Commander has printed its own message, or the help that was asked for.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT_USAGE;
    const error = toTidemarkError(thrown);
    session.output.note(`${error.code}: ${error.message}`);
    if (error.code === 'INTERNAL' && error.cause instanceof Error) session.output.note(error.cause.stack ?? '');
    return error.exitCode;
  }
}
