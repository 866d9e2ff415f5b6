import { NestFactory } from '@nestjs/core';
import { loadConfig } from '@tidemark/config';
import { toTidemarkError } from '@tidemark/kernel';
import { initNative } from '@tidemark/native';
import { LOGGER, createLogger, type Logger } from '@tidemark/telemetry';
import { WorkerModule } from './worker.module.js';

/** Longest time a stop waits for running jobs to be handed back. */
const STOP_MS = 15_000;

async function main(): Promise<void> {
  const config = loadConfig();
  initNative({ ortLibrary: config.ortLibrary });
  const app = await NestFactory.createApplicationContext(WorkerModule.forConfig(config), {
    logger: false,
    abortOnError: false,
  });
  const logger = app.get<Logger>(LOGGER);
  logger.info({ concurrency: config.jobs.concurrency, deployment: 'ready' }, 'worker takes jobs');
  const stop = async (signal: string): Promise<void> => {
    logger.info({ signal }, 'worker stops: running jobs are handed back');
    setTimeout(() => process.exit(1), STOP_MS).unref();
    await app.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
}

main().catch((thrown: unknown) => {
  const error = toTidemarkError(thrown);
  createLogger({ logLevel: 'info' }, { process: 'worker' }).fatal(
    { err: error, code: error.code },
    `worker did not start: ${error.message}`,
  );
  // Not exitCode alone: what did start (pools, listeners, timers) would keep the process alive.
  process.exit(error.exitCode);
});
