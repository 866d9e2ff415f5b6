import { Body, Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import { AgentCatalog } from '@tidemark/config';
import {
  barsPageSchema,
  barsQuerySchema,
  ingestReportSchema,
  postBarsRequestSchema,
  type BarView,
  type IngestReport,
  type PostBarsRequest,
} from '@tidemark/contracts';
import { CLOCK, decodeCursor, instantOf, toPage, type Clock, type Page } from '@tidemark/kernel';
import type { z } from 'zod';
import type { StoredBar } from '../bar.js';
import { BarRepository } from '../bar.repository.js';
import { IngestService } from '../ingest.service.js';
import { unreadWarnings } from '../unread-series.js';

type BarsQuery = z.infer<typeof barsQuerySchema>;

@ApiTags('bars')
@Controller('api/v1/bars')
@RequiresKey()
export class BarsController {
  constructor(
    private readonly ingest: IngestService,
    private readonly bars: BarRepository,
    private readonly agents: AgentCatalog,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Takes bars in; each is known from now on. A bar that differs from the stored one is a restatement.',
  })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: ingestReportSchema })
  async post(@Body({ schema: postBarsRequestSchema }) body: PostBarsRequest): Promise<IngestReport> {
    const report = await this.ingest.post(body.series, body.bars);
    return { ...report, warnings: [...unreadWarnings(body.series, this.agents), ...report.warnings] };
  }

  @Get()
  @ApiOperation({ summary: 'Bars of a series as known at an instant, oldest first.' })
  @ApiOkResponse({ standardSchema: barsPageSchema })
  async list(@Query({ schema: barsQuerySchema }) query: BarsQuery): Promise<Page<BarView>> {
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, ['instant'])[0];
    const rows = await this.bars.page({
      series: query.series,
      from: query.from === undefined ? undefined : instantOf(query.from, 'start'),
      to: query.to === undefined ? undefined : instantOf(query.to, 'end'),
      asOf: query.asOf === undefined ? this.clock.now() : instantOf(query.asOf, 'end'),
      after,
      limit: query.limit,
    });
    const page = toPage(rows, query.limit, (row) => [row.eventTime.toISOString()]);
    return { ...page, items: page.items.map((row) => toView(query.series, row)) };
  }
}

function toView(series: string, row: StoredBar): BarView {
  return { ...row, series, eventTime: row.eventTime.toISOString(), knownAt: row.knownAt.toISOString() };
}
