import { agentControlsSchema, artifactPrefixSchema, freezeRequestSchema } from '@tidemark/contracts';
import type { Command } from 'commander';
import { route } from '../api/api-client.js';
import type { JsonOption, Session } from '../session.js';
import { name, versionRef } from './arguments.js';
import { controlLines, latchTable } from './decisions.view.js';
import { by, define, group } from './define.js';

export function addControls(program: Command, session: Session): void {
  addFreeze(program, session);
  addPin(program, session);
  addLatches(program, session);
  define(program, 'controls', {
    summary: 'whether an agent is frozen or pinned, and how many versions are latched',
    examples: ['controls market_insight'],
  })
    .argument('<agent>', 'agent', name)
    .action(async (agent: string, options: JsonOption) => {
      session.show(await session.api.get(route`agents/${agent}/controls`, agentControlsSchema), options, controlLines);
    });
}

function addFreeze(program: Command, session: Session): void {
  define(program, 'freeze', {
    summary: 'nothing automatic for an agent: no training, promotion or rollback until `unfreeze`',
    examples: ['freeze market_insight --reason "vendor sends wrong closes"'],
  })
    .argument('<agent>', 'agent', name)
    .requiredOption(
      '--reason <reason>',
      'stored, and shown in every decision it holds back',
      by(freezeRequestSchema.shape.reason),
    )
    .action(async (agent: string, { reason, ...options }: JsonOption & { reason: string }) => {
      const reply = await session.api.post(route`agents/${agent}/freeze`, agentControlsSchema, { reason });
      session.show(reply, options, controlLines);
    });
  define(program, 'unfreeze', { summary: 'end a freeze', examples: ['unfreeze market_insight'] })
    .argument('<agent>', 'agent', name)
    .action(async (agent: string, options: JsonOption) => {
      session.show(await session.api.delete(route`agents/${agent}/freeze`, agentControlsSchema), options, controlLines);
    });
}

function addPin(program: Command, session: Session): void {
  define(program, 'pin', {
    summary: 'keep the policy from changing Production; does not promote the version it names',
    examples: ['pin risk_assessor 1.0.0'],
  })
    .argument('<agent>', 'agent', name)
    .argument('<version>', 'sequence number or semantic version', versionRef)
    .action(async (agent: string, version: string, options: JsonOption) => {
      const reply = await session.api.post(route`agents/${agent}/pin`, agentControlsSchema, { version });
      session.show(reply, options, controlLines);
    });
  define(program, 'unpin', { summary: 'end a pin', examples: ['unpin risk_assessor'] })
    .argument('<agent>', 'agent', name)
    .action(async (agent: string, options: JsonOption) => {
      session.show(await session.api.delete(route`agents/${agent}/pin`, agentControlsSchema), options, controlLines);
    });
}

function addLatches(program: Command, session: Session): void {
  const latches = group(program, 'latches', 'versions that were rolled back and may not return by themselves');
  define(latches, 'show', {
    summary: 'latched artifacts of an agent',
    examples: ['latches show risk_assessor', 'latches risk_assessor'],
    isDefault: true,
  })
    .argument('<agent>', 'agent', name)
    .action(async (agent: string, options: JsonOption) => {
      session.show(await session.api.get(route`agents/${agent}/controls`, agentControlsSchema), options, latchTable);
    });
  define(latches, 'release', {
    summary: 'let a latched artifact be promoted again',
    examples: ['latches release risk_assessor 3f2a9c01'],
  })
    .argument('<agent>', 'agent', name)
    .argument('<sha>', 'artifact, at least its first 8 digits', by(artifactPrefixSchema))
    .action(async (agent: string, sha: string, options: JsonOption) => {
      const reply = await session.api.post(route`agents/${agent}/latches/${sha}/release`, agentControlsSchema);
      session.show(reply, options, latchTable);
    });
}
