/** What a run advises, by what it found. */
import { describe, expect, it } from 'vitest';
import { type AdviceWords, adviceFor } from '../../src/outcome/advice.js';
import { summarise } from '../../src/outcome/summary.js';
import type { RunResult } from '../../src/simulation/result.js';
import { guestRecord, linkRecord, migrationRecord, nodeRecord, runResult } from './records.js';

const WORDS: AdviceWords = {
  inputs: 'racks.yaml',
  drain: '',
  drainHint: '--drain rack-1-node-03',
  importTo: null,
};

function adviceOf(changes: Partial<RunResult>, words: AdviceWords = WORDS): string {
  return adviceFor(summarise('test', runResult(changes)), words).join('\n');
}

describe('advice', () => {
  const queued = [migrationRecord({ slowCause: 'queue' })];

  it('is a higher limit where the queue is what holds up, in words that can be pasted', () => {
    const set = '--set kubevirt.migrations.parallelMigrationsPerCluster=N';
    expect(adviceOf({ migrations: queued })).toContain(
      `no link was full: try a higher limit, ${set}`,
    );
    // A dump takes no --set.
    expect(adviceOf({ migrations: queued }, { ...WORDS, importTo: 'fleet.yaml' })).toContain(
      `${set}, with what "sluice import racks.yaml -o fleet.yaml" makes`,
    );
  });

  it('is none where a link was full for long, though no step of links.csv was', () => {
    const links = [linkRecord({ link: 'a', bytes: 45e9, fullUs: 30e6 })];
    const linkWaits = [{ link: 'a', waitedUs: 40e6 }];
    const advice = adviceOf({ migrations: queued, links, linkWaits });
    expect(advice).toContain('a was full for 30.0 s: more migrations at once would not help');
    expect(advice).not.toContain('try a higher limit');
  });

  it('names what guests were lost by, and counts no node that died as empty', () => {
    const reason = 'node wrk-b1 was lost';
    const lost = {
      guests: [guestRecord({ outcome: 'lost', reason })],
      nodes: [nodeRecord({ state: 'lost' })],
    };
    expect(adviceOf(lost)).toContain(`1 guest lost: ${reason} (guests.csv)`);
    expect(summarise('test', runResult(lost)).nodesEmpty).toBe(0);
  });
});

describe('the busiest link', () => {
  it('is judged from the first step on where users moved guests before the drain began', () => {
    const links = [
      linkRecord({ link: 'a', bytes: 90e9 }),
      linkRecord({ link: 'a', fromUs: 60e6, toUs: 120e6, bytes: 90e9 }),
    ];
    const { busiestLinks } = summarise('test', runResult({ links, startUs: 50e6 }));
    expect(busiestLinks[0]).toMatchObject({ meanUtilisation: 0.5, peakUtilisation: 0.5 });
  });
});
