import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { OpenOnLoopback } from '@tidemark/auth';
import { nameSchema, timelineIdSchema } from '@tidemark/contracts';
import { ReportService } from '../report.service.js';

/** A report holds its own style and nothing else: no script, no request, no frame. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

@ApiTags('reports')
@Controller('reports')
@OpenOnLoopback()
export class ReportController {
  constructor(private readonly reports: ReportService) {}

  @Get(':timeline')
  @ApiOperation({ summary: 'The reports of a timeline, as a page with links.' })
  @ApiProduces('text/html')
  @ApiOkResponse({ schema: { type: 'string' } })
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', POLICY)
  @Header('X-Content-Type-Options', 'nosniff')
  @Header('Cache-Control', 'no-cache')
  async index(@Param('timeline', { schema: timelineIdSchema }) timeline: string): Promise<string> {
    return this.reports.html(timeline);
  }

  @Get(':timeline/:agent')
  @ApiOperation({ summary: 'The report of an agent: verdict, table, plots and decisions, on one page.' })
  @ApiProduces('text/html')
  @ApiOkResponse({ schema: { type: 'string' } })
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', POLICY)
  @Header('X-Content-Type-Options', 'nosniff')
  @Header('Cache-Control', 'no-cache')
  async report(
    @Param('timeline', { schema: timelineIdSchema }) timeline: string,
    @Param('agent', { schema: nameSchema }) agent: string,
  ): Promise<string> {
    return this.reports.html(timeline, agent);
  }
}
