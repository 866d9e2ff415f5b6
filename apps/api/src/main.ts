import { loadConfig } from '@tidemark/config';
import { toTidemarkError } from '@tidemark/kernel';
import { LOGGER, createLogger, type Logger } from '@tidemark/telemetry';
import { createApp } from './create-app.js';

/** Longest time a stop waits for requests and the prediction log. */
const STOP_MS = 15_000;

async function main(): Promise<void> {
  const config = loadConfig();
  const app = await createApp(config);
  const logger = app.get<Logger>(LOGGER);
  await app.listen(config.http.port, config.http.host);
  logger.info({ host: config.http.host, port: config.http.port, deployment: 'ready' }, 'api listens');
  const stop = async (signal: string): Promise<void> => {
    logger.info({ signal }, 'api stops: no new connections, then the prediction log is written');
    setTimeout(() => process.exit(1), STOP_MS).unref();
    await app.getHttpAdapter().close();
    await app.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
}

main().catch((thrown: unknown) => {
  const error = toTidemarkError(thrown);
  createLogger({ logLevel: 'info' }, { process: 'api' }).fatal(
    { err: error, code: error.code },
    `api did not start: ${error.message}`,
  );
  // Not exitCode alone: what did start (pools, listeners, timers) would keep the process alive.
  process.exit(error.exitCode);
});
