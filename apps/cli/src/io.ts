import { SystemClock, type Clock } from '@tidemark/kernel';

export interface Writer {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What the command line reads from and writes to; tests bring their own. */
export interface CliIo {
  /** Results. */
  readonly stdout: Writer;
  /** Errors, hints and progress, so that results can be piped. */
  readonly stderr: Writer;
  readonly clock: Clock;
  /** Pause between two looks at a running job. */
  readonly pollMs: number;
  /** Absent: the environment of the process. */
  readonly env?: NodeJS.ProcessEnv;
  readStdin(): Promise<string>;
  /** Calls `stop` on Ctrl-C instead of ending the process; the returned function puts the usual behaviour back. */
  onInterrupt(stop: () => void): () => void;
}

const POLL_MS = 500;

export function systemIo(): CliIo {
  // A reader that went away (`… | head`) ends the command quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    clock: new SystemClock(),
    pollMs: POLL_MS,
    readStdin,
    onInterrupt: (stop) => {
      process.once('SIGINT', stop);
      return () => void process.removeListener('SIGINT', stop);
    },
  };
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}
