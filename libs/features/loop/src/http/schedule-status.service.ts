import { Inject, Injectable } from '@nestjs/common';
import { PrunePlanner } from '@tidemark/backup/schedule';
import { APP_CONFIG, AgentCatalog, type AppConfig, type ScheduleConfig } from '@tidemark/config';
import type { Agent, ScheduleName, ScheduleState, ScheduleStatus } from '@tidemark/contracts';
import { CLOCK, liveTimeline, type Clock } from '@tidemark/kernel';
import { firstSlotFrom } from '../due-slots.js';
import { SlotRepository, type SlotState } from '../schedule/slot.repository.js';

/** What the scheduler does by itself, and what became of it. */
@Injectable()
export class ScheduleStatusService {
  constructor(
    private readonly agents: AgentCatalog,
    private readonly slots: SlotRepository,
    private readonly prunes: PrunePlanner,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'schedule'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async status(): Promise<ScheduleStatus> {
    const { schedule: flags } = this.config;
    const timeline = liveTimeline();
    const agents: ScheduleStatus['agents'] = [];
    for (const { agent } of this.agents.all()) {
      const states = await this.slots.states({ timeline, agent: agent.agent });
      agents.push({ agent: agent.agent, schedules: states.map((state) => this.stateOf(agent, state)) });
    }
    return {
      timeline,
      flags: {
        ENABLE_MLOPS_JOBS: flags.enabled,
        mlops_auto_retrain: flags.autoRetrain,
        mlops_drift_detection: flags.driftDetection,
        mlops_hyperparameter_sweeps: false,
      },
      agents,
      prune: await this.prunes.status(),
    };
  }

  private stateOf(agent: Agent, state: SlotState): ScheduleState {
    const { schedule, lastSlot, lastState, lastOutcome, due, missed, skipped } = state;
    const enabled = agent.schedule[schedule].enabled && isOn(this.config.schedule, schedule);
    const next = enabled ? firstSlotFrom(agent.schedule, schedule, this.clock.now()) : undefined;
    return {
      schedule,
      enabled,
      nextSlot: next?.toISOString(),
      last:
        lastSlot === undefined
          ? undefined
          : { slot: lastSlot.toISOString(), state: lastState ?? 'done', outcome: lastOutcome },
      due,
      missed,
      skipped,
    };
  }
}

function isOn({ enabled, autoRetrain, driftDetection }: ScheduleConfig, schedule: ScheduleName): boolean {
  if (schedule === 'drift') return enabled && driftDetection;
  return enabled && (schedule !== 'retrain' || autoRetrain);
}
