import { Module } from '@nestjs/common';
import { MarketDataModule } from '../market-data.module.js';
import { BarsController } from './bars.controller.js';

@Module({ imports: [MarketDataModule], controllers: [BarsController] })
export class MarketDataHttpModule {}
