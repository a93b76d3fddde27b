import { describe, expect, it } from 'vitest';
import { fleetForTrace } from '../../src/outcome/trace-fleet.js';
import { traceLines, traceOf } from '../../src/outcome/trace-text.js';
import { buildFleet } from '../fleet-builder.js';
import { guestRecord, migrationRecord, roundRecord, runResult } from './records.js';

describe('fleetForTrace', () => {
  const fleet = buildFleet({
    nodes: 2,
    guests: [
      { name: 'one', namespace: 'a', node: 'node-01', evictionStrategy: 'None' },
      { name: 'two', namespace: 'a', node: 'node-01' },
      { name: 'three', namespace: 'a', node: 'node-02' },
      { name: 'four', namespace: 'b', node: null },
    ],
  });

  it('lets only the guest migrate, and keeps the others where they are', () => {
    const traced = fleetForTrace(fleet, 'a/one');
    expect(traced.drain.nodes).toEqual(['node-01']);
    const strategies = traced.guests.map((guest) => [guest.name, guest.evictionStrategy]);
    expect(Object.fromEntries(strategies)).toMatchObject({ one: 'LiveMigrate', two: 'External' });
    expect(traced.guests.find((guest) => guest.name === 'three')).toBe(
      fleet.guests.find((guest) => guest.name === 'three'),
    );
  });

  it('says which guest was meant', () => {
    expect(() => fleetForTrace(fleet, 'a/thre')).toThrow(
      'no guest "a/thre" in this fleet; did you mean "a/three"?',
    );
    expect(() => fleetForTrace(fleet, 'two')).toThrow(
      '"two" is not NAMESPACE/NAME; did you mean "a/two"?',
    );
    expect(() => fleetForTrace(fleet, 'b/four')).toThrow('b/four does not run on any node');
  });
});

describe('traceLines', () => {
  const shop = { namespace: 'shop', name: 'db-0' };
  const other = { name: 'other' };

  it('shows the rounds of each attempt in a table, and nothing of other guests', () => {
    const result = runResult({
      migrations: [migrationRecord(), migrationRecord(other)],
      rounds: [
        roundRecord({ decision: 'next round' }),
        roundRecord({
          round: 2,
          startedUs: 60_000_000,
          endedUs: 60_250_000,
          dirtiedBytes: 1 << 20,
        }),
        roundRecord({ ...other, decision: 'of another guest' }),
      ],
      decisions: [
        {
          ...shop,
          atUs: 12_000_000,
          attempt: 1,
          actor: 'kubevirt',
          action: 'hand-off',
          reason: 'target ready\n',
        },
      ],
    });
    const lines = traceLines(traceOf(result, shop));
    expect(lines[0]).toBe('shop/db-0 (16.0 GiB, wrk-b1 to wrk-a1): moved');
    expect(lines[2]).toBe('Attempt 1, wrk-b1 to wrk-a1');
    expect(lines[3]).toMatch(
      /^ +round +from +took +remaining +dirtied +sent +bandwidth +threshold/,
    );
    expect(lines[4]).toMatch(/1 +12\.000 s +48\.0 s .* next round$/);
    expect(lines[5]).toMatch(/2 +60\.000 s +250 ms .* switchover$/);
    expect(lines.join('\n')).toContain('12.000 s  kubevirt hand-off: target ready\\u000a');
    expect(lines.join('\n')).not.toContain('another guest');
    expect(lines.at(-1)).toContain(
      'succeeded, PreCopy: total time 1 min, downtime 212 ms, 4 rounds',
    );
  });

  it('says why a guest that cannot move did not', () => {
    const guests = [
      guestRecord({ outcome: 'not-movable', reason: 'HostDevice', finalNode: 'wrk-b1' }),
    ];
    const lines = traceLines(traceOf(runResult({ guests, migrations: [], rounds: [] }), shop));
    expect(lines[0]).toBe('shop/db-0 (16.0 GiB, wrk-b1): not-movable: HostDevice');
    expect(traceLines(traceOf(runResult({ guests: [] }), other as typeof shop))[0]).toBe(
      'The run has no record of this guest.',
    );
  });
});
