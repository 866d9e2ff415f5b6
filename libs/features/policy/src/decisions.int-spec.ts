import { NotificationOutbox } from '@tidemark/notifications';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execute, inUnitOfWork } from '@tidemark/database';
import { SteppedClock, inWorld, type World } from '@tidemark/kernel';
import { createTestDatabase, stepClock, type TestDatabase } from '@tidemark/testing';
import { AuditService } from './audit.service.js';
import { policyHash } from './canonical-json.js';
import { DeciderService } from './decider.service.js';
import { DecisionRepository } from './decision.repository.js';
import { DecisionsController } from './http/decisions.controller.js';
import { alarm, candidateContext, slotContext } from './testing/contexts.js';

const JOB = '00000000-0000-7000-8000-000000000001';

describe('stored decisions', () => {
  let database: TestDatabase;
  let decider: DeciderService;
  let audit: AuditService;
  let http: DecisionsController;

  beforeAll(async () => {
    database = await createTestDatabase();
    const repository = new DecisionRepository(database.dataSource);
    decider = new DeciderService(repository, new NotificationOutbox(database.dataSource, stepClock()), stepClock());
    audit = new AuditService(repository);
    http = new DecisionsController(repository, audit);
    await execute(database.dataSource, `insert into timelines (id, created_at) values ('replay-1', now())`);
  });
  beforeEach(() => execute(database.dataSource, 'delete from decisions'));
  afterAll(() => database.close());

  const replay: World = { timeline: 'replay-1', clock: new SteppedClock(new Date('2010-01-05T02:00:00Z')) };
  const at = (day: number): { slotAt: string; asOf: string } => ({
    slotAt: `2010-01-${String(day + 1).padStart(2, '0')}T02:00:00.000Z`,
    asOf: `2010-01-${String(day).padStart(2, '0')}T00:00:00.000Z`,
  });
  /** Two quiet nights, then a training and its outcome. */
  const threeNights = async (): Promise<void> => {
    for (const day of [1, 2]) await decider.slot(slotContext(at(day)));
    await decider.slot(slotContext({ ...at(3), manual: true }));
    await decider.candidate(candidateContext(at(3)), JOB);
  };
  const tamper = (set: string): Promise<number> =>
    execute(
      database.dataSource,
      `update decisions set ${set} where kind = 'slot' and slot_at = '2010-01-04T02:00:00Z'`,
    );

  it('decides a slot once: the second call answers what the first one stored', async () => {
    const first = await decider.slot(slotContext());
    expect(first).toMatchObject({ timeline: 'main', kind: 'slot', action: 'none', slotAt: slotContext().slotAt });
    expect(first.policyHash).toBe(policyHash(slotContext().policy));
    expect(await decider.slot(slotContext({ manual: true }))).toEqual(first);
    expect(await decider.candidate(candidateContext(), JOB)).toMatchObject({ kind: 'candidate', jobId: JOB });
    expect((await http.list({ limit: 10 })).items).toHaveLength(2);
  });

  it('is told apart by timeline, and goes with the unit of work it was made in', async () => {
    const live = await decider.slot(slotContext());
    const work = inUnitOfWork(database.dataSource, {}, async () => {
      await inWorld(replay, () => decider.slot(slotContext()));
      throw new Error('stopped');
    });
    await expect(work).rejects.toThrow('stopped');
    expect(await audit.verifyAll('replay-1')).toEqual({ checked: 0, differing: [] });
    const replayed = await inWorld(replay, () => decider.slot(slotContext()));
    expect(replayed.id).not.toBe(live.id);
    expect({ ...replayed, id: live.id, timeline: 'main' }).toEqual(live);
  });

  it('refuses a context that it could not read again', async () => {
    const slot = decider.slot({ ...slotContext(), bars: { sinceStart: 1.5, sinceDeployment: 0 } });
    await expect(slot).rejects.toMatchObject({ code: 'DECISION_CONTEXT_INVALID' });
    const infinite = decider.slot(slotContext({ degradation: Number.POSITIVE_INFINITY }));
    await expect(infinite).rejects.toMatchObject({ code: 'NOT_CANONICAL' });
  });

  it('lists newest first, with filters, page by page', async () => {
    await threeNights();
    const list = async (query: Partial<Parameters<typeof http.list>[0]>): Promise<string[]> =>
      (await http.list({ limit: 10, ...query })).items.map(({ kind, action }) => `${kind} ${action}`);
    expect(await list({})).toEqual(['candidate promote', 'slot retrain', 'slot none', 'slot none']);
    expect(await list({ only: 'acted' })).toEqual(['candidate promote', 'slot retrain']);
    expect(await list({ action: 'retrain', agent: 'test_agent' })).toEqual(['slot retrain']);
    expect(await list({ agent: 'other' })).toEqual([]);
    expect(await list({ timeline: 'replay-1' })).toEqual([]);
    const { items, nextCursor } = await http.list({ limit: 3 });
    expect(items).toHaveLength(3);
    const rest = await http.list({ limit: 3, cursor: nextCursor! });
    expect(rest.items.map(({ slotAt }) => slotAt)).toEqual([at(1).slotAt]);
    expect(rest.nextCursor).toBeUndefined();
  });

  it('knows what an agent was asked to do, oldest first', async () => {
    await threeNights();
    expect((await decider.acted('test_agent')).map(({ action }) => action)).toEqual(['retrain', 'promote']);
    expect(await decider.acted('other')).toEqual([]);
    expect(await inWorld(replay, () => decider.acted('test_agent', 'main'))).toHaveLength(2);
    expect(await decider.acted('test_agent', 'replay-1')).toEqual([]);
  });

  it('derives every decision again from its stored context', async () => {
    await threeNights();
    await decider.slot(slotContext({ ...at(4), alarms: [alarm('loss', { value: 1e-7, limit: -0 })] }));
    expect(await audit.verifyAll('main')).toEqual({ checked: 5, differing: [] });
    for (const { id } of (await http.list({ limit: 10 })).items) {
      const { decision, derived, same, contextIntact } = await http.explain(id);
      expect({ same, contextIntact }).toEqual({ same: true, contextIntact: true });
      expect(derived).toEqual(decision.result);
      expect(await http.get(id)).toEqual(decision);
    }
  });

  it.each([
    [`context = jsonb_set(context, '{bars,sinceFit}', '61')`, { same: false, contextIntact: false }],
    [`context = jsonb_set(context, '{bars,sinceDeployment}', '61')`, { same: true, contextIntact: false }],
    [`context = jsonb_set(context, '{bars,sinceFit}', '"many"')`, { same: false, contextIntact: false }],
    [`result = jsonb_set(result, '{mode}', '"new_recipe"')`, { same: false, contextIntact: true }],
    [`action = 'none'`, { same: false, contextIntact: true }],
    [`reason = 'it felt right'`, { same: false, contextIntact: true }],
    [`policy_hash = 'other'`, { same: true, contextIntact: true }],
    [`as_of = '2009-12-31'`, { same: true, contextIntact: true }],
  ])('finds and names a row in which %s', async (set, expected) => {
    await threeNights();
    expect(await tamper(set)).toBe(1);
    const { differing } = await audit.verifyAll('main');
    expect(differing).toEqual([
      expect.stringMatching(/^test_agent slot 2010-01-04T02:00:00\.000Z \([0-9a-f-]{36}\): its /),
    ]);
    const [, id] = /\(([0-9a-f-]{36})\)/.exec(differing[0]!)!;
    expect(await audit.explain(id!)).toMatchObject(expected);
  });

  it('says why a context cannot be read', async () => {
    await threeNights();
    await tamper(`context = '{}'`);
    const [{ id } = { id: '' }] = (await http.list({ limit: 1, action: 'retrain' })).items;
    const { derived, problem } = await http.explain(id);
    expect(derived).toBeUndefined();
    expect(problem).toMatch(/^This is no context of a decision: schema: /);
  });

  it('does not know other ids', async () => {
    await expect(http.get(JOB)).rejects.toMatchObject({ code: 'DECISION_UNKNOWN', status: 404 });
    await expect(http.explain(JOB)).rejects.toMatchObject({ code: 'DECISION_UNKNOWN' });
  });
});
