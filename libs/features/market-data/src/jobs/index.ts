export { MarketDataJobsModule } from './market-data-jobs.module.js';
