import type { SlotContext } from '@tidemark/contracts';
import { allows, forbids, type Rule } from './rule.js';

type Controlled = Pick<SlotContext, 'controls'>;

/** Nothing automatic at all. */
export const freeze: Rule<Controlled> = {
  name: 'freeze',
  judge: ({ controls: { frozen } }) =>
    frozen === undefined ? allows('not frozen') : forbids(`frozen by hand: ${frozen}`),
};

/** Production stays as it is; a training that a person asks for may run. */
export const pin: Rule<Controlled> = {
  name: 'pin',
  judge: ({ controls: { pinned } }) =>
    pinned === undefined ? allows('not pinned') : forbids(`pinned by hand to ${pinned}`),
};
