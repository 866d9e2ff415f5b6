export { IngestAgentService } from './ingest-agent.service.js';
export { IngestService } from './ingest.service.js';
export { MarketDataModule } from './market-data.module.js';
