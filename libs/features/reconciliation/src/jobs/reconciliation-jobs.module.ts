import { Module } from '@nestjs/common';
import { ReconciliationModule } from '../reconciliation.module.js';
import { ReconcileHandler } from './reconcile.handler.js';

@Module({ imports: [ReconciliationModule], providers: [ReconcileHandler] })
export class ReconciliationJobsModule {}
