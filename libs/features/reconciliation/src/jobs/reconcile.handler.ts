import { Injectable, type OnModuleInit } from '@nestjs/common';
import { reconcilePayloadSchema } from '@tidemark/contracts';
import { JobHandlers, type JobContext, type JobHandler } from '@tidemark/jobs';
import { ReconciliationService } from '../reconciliation.service.js';

/** Job `reconcile`: one agent and day, or a range that ends with it. May be done again: it compares, and replaces its row. */
@Injectable()
export class ReconcileHandler implements JobHandler, OnModuleInit {
  readonly kind = 'reconcile' as const;

  constructor(
    private readonly reconciliations: ReconciliationService,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  async run(context: JobContext): Promise<Record<string, unknown>> {
    const result = await this.reconciliations.reconcile(reconcilePayloadSchema.parse(context.job.payload));
    const { day, state, differences, firstDifference } = result;
    const what =
      firstDifference && `: ${firstDifference.cause} in ${firstDifference.table} (${firstDifference.column})`;
    await context.log(state === 'ok' ? 'info' : 'warn', `${day}: ${state}, ${differences} differences${what ?? ''}`);
    return result;
  }
}
