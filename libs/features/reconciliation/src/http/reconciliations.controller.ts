import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Principal, RequiresKey } from '@tidemark/auth';
import {
  explainReconciliationSchema,
  jobSchema,
  reconciliationSchema,
  reconciliationsPageSchema,
  reconciliationsQuerySchema,
  startReconciliationSchema,
  type ExplainReconciliation,
  type Job,
  type Reconciliation,
  type StartReconciliation,
} from '@tidemark/contracts';
import { decodeCursor, liveTimeline, toPage, type Page } from '@tidemark/kernel';
import type { z } from 'zod';
import { ReconciliationRepository } from '../reconciliation.repository.js';
import { ReconciliationService } from '../reconciliation.service.js';

type ReconciliationsQuery = z.infer<typeof reconciliationsQuerySchema>;

@ApiTags('reconciliation')
@Controller('api/v1/reconciliations')
@RequiresKey()
export class ReconciliationsController {
  constructor(
    private readonly service: ReconciliationService,
    private readonly repository: ReconciliationRepository,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Rebuilds what an agent logged on a day from the bars, and compares; a job.' })
  @HttpCode(202)
  @ApiAcceptedResponse({ standardSchema: jobSchema })
  async start(@Body({ schema: startReconciliationSchema }) body: StartReconciliation): Promise<Job> {
    return this.service.start(body);
  }

  @Get()
  @ApiOperation({ summary: 'What came of reconciliations, newest day first.' })
  @ApiOkResponse({ standardSchema: reconciliationsPageSchema })
  async list(
    @Query({ schema: reconciliationsQuerySchema }) query: ReconciliationsQuery,
  ): Promise<Page<Reconciliation>> {
    const { limit, cursor, agent, state, timeline = liveTimeline() } = query;
    const before = cursor === undefined ? undefined : decodeCursor(cursor, ['instant', 'name']);
    const rows = await this.repository.page({ timeline, agent, state, before, limit });
    return toPage(rows, limit, (row) => [`${row.day}T00:00:00.000Z`, row.agent]);
  }

  @Post('explain')
  @ApiOperation({ summary: 'Explains the differences of a day: they no longer hold back promotions.' })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: reconciliationSchema })
  async explain(
    @Body({ schema: explainReconciliationSchema }) body: ExplainReconciliation,
    @Principal() actor: string,
  ): Promise<Reconciliation> {
    return this.service.explain(body, actor);
  }
}
