import { spawn } from 'node:child_process';
import { operationalError } from '@tidemark/kernel';

const SHOWN_BYTES = 4_096;

/**
 * Runs `tidemark admin …` to its end. It has a process group of its own like every other part: an interrupted
 * migration would leave the operator guessing, and it takes less than a second.
 */
export async function runAdmin(
  cli: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<void> {
  const child = spawn(process.execPath, [cli, 'admin', ...args], {
    env,
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-SHOWN_BYTES);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return;
  throw operationalError(
    'ADMIN_COMMAND_FAILED',
    `tidemark admin ${args.join(' ')} ended with exit code ${code ?? 'unknown'}:\n${output.trim()}`,
    {
      details: { args: [...args], code },
    },
  );
}
