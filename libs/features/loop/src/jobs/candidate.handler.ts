import { Injectable, type OnModuleInit } from '@nestjs/common';
import { candidatePayloadSchema } from '@tidemark/contracts';
import { JobHandlers, type JobContext, type JobHandler } from '@tidemark/jobs';
import { LiveLoopService } from '../live-loop.service.js';

/**
 * Job `candidate`: follows a training that a live slot asked for. One that failed has no successor; the next retrain slot
 * decides about it.
 */
@Injectable()
export class CandidateHandler implements JobHandler, OnModuleInit {
  readonly kind = 'candidate' as const;

  constructor(
    private readonly live: LiveLoopService,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  async run(context: JobContext): Promise<Record<string, unknown>> {
    const result = await this.live.conclude(context, candidatePayloadSchema.parse(context.job.payload));
    await context.log('info', result.outcome);
    return result;
  }
}
