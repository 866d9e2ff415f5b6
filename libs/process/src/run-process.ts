import { NestFactory } from '@nestjs/core';
import type { DynamicModule } from '@nestjs/common';
import { loadConfig, type AppConfig } from '@tidemark/config';
import { toTidemarkError } from '@tidemark/kernel';
import { LOGGER, createLogger, type Logger } from '@tidemark/telemetry';
import type { ProcessKind } from './process.module.js';

/** Longest time a stop waits for what runs to be handed back. */
const STOP_MS = 15_000;

export interface ProcessPlan {
  readonly kind: ProcessKind;
  readonly module: (config: AppConfig) => DynamicModule;
  /** Before anything is made. */
  readonly prepare?: (config: AppConfig) => void;
  /** What it says when it is ready, and when it stops. */
  readonly ready: string;
  readonly stopping: string;
}

/** Runs a process without routes until a signal; a start that fails is told in one line and ends it. */
export function runProcess(plan: ProcessPlan): void {
  start(plan).catch((thrown: unknown) => {
    const error = toTidemarkError(thrown);
    createLogger({ logLevel: 'info' }, { process: plan.kind }).fatal(
      { err: error, code: error.code },
      `${plan.kind} did not start: ${error.message}`,
    );
    // Not exitCode alone: what did start (pools, listeners, timers) would keep the process alive.
    process.exit(error.exitCode);
  });
}

async function start(plan: ProcessPlan): Promise<void> {
  const config = loadConfig();
  plan.prepare?.(config);
  const app = await NestFactory.createApplicationContext(plan.module(config), { logger: false, abortOnError: false });
  const logger = app.get<Logger>(LOGGER);
  logger.info({ deployment: 'ready' }, plan.ready);
  const stop = async (signal: string): Promise<void> => {
    logger.info({ signal }, plan.stopping);
    setTimeout(() => process.exit(1), STOP_MS).unref();
    await app.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
}
