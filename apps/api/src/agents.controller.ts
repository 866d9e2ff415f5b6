import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import { AgentCatalog } from '@tidemark/config';
import { agentsSchema, jobSchema, nameSchema, type AgentView, type Job } from '@tidemark/contracts';
import { JobStore } from '@tidemark/jobs';

@ApiTags('agents')
@Controller('api/v1/agents')
@RequiresKey()
export class AgentsController {
  constructor(
    private readonly agents: AgentCatalog,
    private readonly jobs: JobStore,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The agents this process read from its configuration folder at start.' })
  @ApiOkResponse({ standardSchema: agentsSchema })
  list(): { items: AgentView[] } {
    return { items: this.agents.all().map(({ agent, hash }) => ({ ...agent, hash })) };
  }

  @Post(':name/ingest')
  @ApiOperation({ summary: "Queues a read of the agent's file: new rows are added, changed ones become restatements." })
  @HttpCode(202)
  @ApiAcceptedResponse({ standardSchema: jobSchema })
  async ingest(@Param('name', { schema: nameSchema }) name: string): Promise<Job> {
    this.agents.byName(name);
    return this.jobs.start({ kind: 'ingest', agent: name, payload: { agent: name } });
  }
}
