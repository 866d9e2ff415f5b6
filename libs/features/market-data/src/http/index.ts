export { MarketDataHttpModule } from './market-data-http.module.js';
