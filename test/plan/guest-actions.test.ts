import { describe, expect, it } from 'vitest';
import { guestActions } from '../../src/plan/guest-actions.js';
import type { GuestDetail } from '../../src/plan/replica-detail.js';

const moved: GuestDetail = {
  guest: 'shop/a',
  node: 'n1',
  outcome: 'moved',
  reason: '',
  attempts: 1,
  totalUs: 10_000_000,
  pauseUs: 100_000,
  mode: 'PreCopy',
  failCause: '',
  throttleMaxPercent: 0,
};

/** One guest among plain ones, in as many runs as there are details. */
function actionOf(...runs: readonly Partial<GuestDetail>[]) {
  const plain = ['b', 'c', 'd'].map((name) => ({ ...moved, guest: `shop/${name}`, node: 'n0' }));
  const actions = guestActions(
    runs.map((own) => ({ nodes: [], guests: [...plain, { ...moved, ...own }] })),
  );
  expect(actions.map(({ guest }) => guest)).toEqual(['shop/b', 'shop/c', 'shop/d', 'shop/a']);
  expect(actions[0]?.kind).toBe('migrate-as-is');
  return actions.at(-1);
}

describe('what to do about a guest', () => {
  const stays = { outcome: 'failed', failCause: 'completion-timeout' } as const;
  it.each([
    [[{}], 'migrate-as-is', /^moves in 10\.0 s$/],
    [[{ mode: 'PostCopy' }], 'needs-post-copy', /pause about 100 ms/],
    [[{ pauseUs: 7e6 }, {}], 'needs-pause', /about 7\.00 s/],
    [[{ totalUs: 3e8, throttleMaxPercent: 90 }], 'move-last', /5 min: .*throttled by up to 90 %/],
    [[{ attempts: 2 }], 'move-last', /in 2 attempts/],
    [[stays, stays, {}], 'cannot-converge', /shut it down in the window/],
    [[stays, {}, {}, {}], 'migrate-as-is', /in 25 % of the runs it stays/],
    [[{ outcome: 'not-movable', reason: 'Disks' }], 'shut-down', /^cannot migrate \(Disks\)/],
    [[{ outcome: 'unschedulable', reason: 'full' }], 'no-room', /make room .*\(full\)/],
    [[{ outcome: 'lost' }], 'at-risk', /post-copy fails/],
    [[{ outcome: 'left', reason: 'External' }], 'not-migrated', /its own controller/],
  ] as const)('%j: %s', (runs, kind, text) => {
    const action = actionOf(...(runs as readonly Partial<GuestDetail>[]));
    expect(action?.kind).toBe(kind);
    expect(action?.text).toMatch(text);
  });
});
