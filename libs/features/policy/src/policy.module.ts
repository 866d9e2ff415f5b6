import { Global, Module } from '@nestjs/common';
import { AuditService } from './audit.service.js';
import { ControlRepository } from './control.repository.js';
import { DeciderService } from './decider.service.js';
import { DecisionRepository } from './decision.repository.js';
import { CONTROLS, DECIDER, DECISION_AUDIT } from './read/index.js';

/** Evidence in, decision out, stored with what it was made from. */
@Global()
@Module({
  providers: [
    DecisionRepository,
    ControlRepository,
    DeciderService,
    AuditService,
    { provide: DECIDER, useExisting: DeciderService },
    { provide: CONTROLS, useExisting: ControlRepository },
    { provide: DECISION_AUDIT, useExisting: AuditService },
  ],
  exports: [DECIDER, CONTROLS, DECISION_AUDIT, DecisionRepository, ControlRepository, AuditService],
})
export class PolicyModule {}
