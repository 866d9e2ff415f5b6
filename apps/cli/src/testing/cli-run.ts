import { SteppedClock } from '@tidemark/kernel';
import type { CliIo } from '../io.js';
import { runCli } from '../run.js';

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CliSurroundings {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string;
  readonly now?: string;
  /** Called when a command starts to listen for Ctrl-C; calling `press` is the key. */
  readonly onListening?: (press: () => void) => void;
}

/** Runs a command line inside the test and collects what it wrote. */
export async function cli(args: readonly string[], surroundings: CliSurroundings = {}): Promise<CliResult> {
  const written = { out: '', err: '' };
  const io: CliIo = {
    stdout: { write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.err += text) },
    clock: new SteppedClock(new Date(surroundings.now ?? '2026-01-01T00:00:00Z')),
    pollMs: 1,
    env: surroundings.env ?? {},
    readStdin: async () => surroundings.stdin ?? '',
    onInterrupt: (stop) => {
      surroundings.onListening?.(stop);
      return () => undefined;
    },
  };
  const code = await runCli(args, io);
  return { code, ...written };
}

/** Environment of a command that talks to the API at `url`. */
export function apiEnv(url: string): NodeJS.ProcessEnv {
  return { TIDEMARK_API_URL: url, TIDEMARK_API_KEY: 'tm_test' };
}
