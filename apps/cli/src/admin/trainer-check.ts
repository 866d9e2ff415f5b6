import { spawn } from 'node:child_process';
import { trainerEventSchema } from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';

const TIMEOUT_MS = 5_000;

/** Runs the trainer without a job: one that keeps the contract answers `failed{INVALID_JOB}`. */
export async function checkTrainer(path: string): Promise<string> {
  const output = await outputOf(path).catch((error: unknown) => {
    throw callerError(
      'TRAINER_MISSING',
      `The trainer ${path} does not run (${(error as Error).message}): build it with \`npm run build\`, or set TIDEMARK_TRAINER.`,
      { cause: error },
    );
  });
  if (isRefusal(output)) return path;
  throw callerError(
    'TRAINER_UNKNOWN',
    `${path} does not speak the trainer contract: build it with \`npm run build\`, or point TIDEMARK_TRAINER elsewhere.`,
  );
}

function outputOf(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // The spawn option `timeout` would hold this process back when the file is missing; the signal does not.
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const child = spawn(path, [], { env: {}, stdio: ['ignore', 'pipe', 'ignore'], signal });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', () => resolve(output));
  });
}

function isRefusal(output: string): boolean {
  try {
    const event = trainerEventSchema.safeParse(JSON.parse(output)).data;
    return event?.event === 'failed' && event.code === 'INVALID_JOB';
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
