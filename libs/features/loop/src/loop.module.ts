import { Global, Module } from '@nestjs/common';
import { FitOrders } from './fit-orders.js';
import { LoopRepository } from './loop.repository.js';
import { LOOP_SERVICES, LOOP_SERVICE_TOKENS, LoopService, loopServices } from './loop.service.js';
import { LOOPS } from './read/index.js';

/** The loop that live slots and replays go through. */
@Global()
@Module({
  providers: [
    LoopRepository,
    FitOrders,
    { provide: LOOP_SERVICES, inject: LOOP_SERVICE_TOKENS, useFactory: loopServices },
    LoopService,
    { provide: LOOPS, useExisting: LoopService },
  ],
  exports: [LOOPS, LoopService, LoopRepository, FitOrders],
})
export class LoopModule {}
