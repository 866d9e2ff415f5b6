import { Injectable, type OnModuleInit } from '@nestjs/common';
import { slotPayloadSchema } from '@tidemark/contracts';
import { JobHandlers, type JobContext, type JobHandler } from '@tidemark/jobs';
import { LiveLoopService } from '../live-loop.service.js';

/** Job `slot`: one due slot of an agent's schedule. A slot that is delivered again finds itself done. */
@Injectable()
export class SlotHandler implements JobHandler, OnModuleInit {
  readonly kind = 'slot' as const;

  constructor(
    private readonly live: LiveLoopService,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  async run(context: JobContext): Promise<Record<string, unknown>> {
    const payload = slotPayloadSchema.parse(context.job.payload);
    const result = await this.live.runSlot(context, payload);
    await context.log('info', `${payload.schedule} of ${payload.slotAt}: ${result.outcome}`);
    return result;
  }
}
