/** What a run ends with: its checks pass as it is, and each finds what is falsified for it. */
import { describe, expect, it } from 'vitest';
import type { Attachment } from '../../src/network/topology.js';
import { addUsage } from '../../src/network/usage.js';
import { checkRun } from '../../src/simulation/checks.js';
import type { LinkRecord, MigrationRecord, RunResult } from '../../src/simulation/result.js';
import type { Run } from '../../src/simulation/run-state.js';
import { buildFleet } from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

/** Two guests leave node-01; the run as it stood at its last instant. */
async function drained(): Promise<{ readonly run: Run; readonly result: RunResult }> {
  let last: Run | null = null;
  const inspect = (run: Run): void => {
    last = run;
  };
  const guests = ['a', 'b'].map((name) => ({ name, nodeName: 'node-01' }));
  const result = await runFleet(buildFleet({ guests }), { inspect });
  if (last === null) throw new Error('a run has an instant');
  return { run: last, result };
}

describe('the checks of a run', () => {
  it('pass what the run gives', async () => {
    const { run, result } = await drained();
    expect(result.migrations.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded']);
    expect(() => checkRun(run, result)).not.toThrow();
  });

  it('find a guest that is left out, and one too many', async () => {
    const { run, result } = await drained();
    const { guests } = result;
    expect(() => checkRun(run, { ...result, guests: guests.slice(1) })).toThrow(
      '2 guests to account for, 1 accounted for',
    );
    expect(() => checkRun(run, { ...result, guests: [...guests, ...guests.slice(1)] })).toThrow(
      '2 guests to account for, 3 accounted for',
    );
  });

  it.each(['bytes', 'backgroundBytes'] as const)(
    'find a link that carried more than it can, by its %s',
    async (what) => {
      const { run, result } = await drained();
      const links = [...result.links];
      const row = links.findIndex(({ link, bytes }) => link.startsWith('nic/') && bytes > 0);
      const { link, capacityBytesPerSecond, fromUs, toUs } = links[row] as LinkRecord;
      const seconds = (toUs - fromUs) / 1e6;
      const filledFor = (s: number): RunResult => {
        const amounts = { bytes: 0, backgroundBytes: 0, [what]: capacityBytesPerSecond * s };
        return { ...result, links: links.with(row, { ...(links[row] as LinkRecord), ...amounts }) };
      };
      expect(() => checkRun(run, filledFor(seconds))).not.toThrow();
      // Rounding to bytes and microseconds cannot make a tenth of a millisecond.
      expect(() => checkRun(run, filledFor(seconds + 1e-4))).toThrow(
        new RegExp(`^link ${link}: .* bytes in ${seconds} s, .* fit$`),
      );
    },
  );

  it('find a byte that a row says and no link carried', async () => {
    const { run, result } = await drained();
    const [first, ...others] = result.migrations as [MigrationRecord, ...MigrationRecord[]];
    const bytes = result.migrations.reduce((sum, { wireBytes }) => sum + wireBytes, 0);
    const more = { ...first, wireBytes: first.wireBytes + 1 };
    expect(() => checkRun(run, { ...result, migrations: [more, ...others] })).toThrow(
      `${bytes} bytes went out of node-01, migrations sent ${bytes + 1}`,
    );
  });

  it('find bytes that reached another node than the row says', async () => {
    const { run, result } = await drained();
    const [first, ...others] = result.migrations as [MigrationRecord, ...MigrationRecord[]];
    const elsewhere = {
      ...first,
      targetNode: first.targetNode === 'node-02' ? 'node-03' : 'node-02',
    };
    expect(() => checkRun(run, { ...result, migrations: [elsewhere, ...others] })).toThrow(
      /^\d+ bytes went into node-02, migrations sent \d+$/,
    );
  });

  it.each([
    ['out of', ({ nicUp }: Attachment) => nicUp.members[0]],
    ['into', ({ nicDown }: Attachment) => nicDown.members[0]],
    ['through the proxy of', ({ proxy }: Attachment) => proxy],
  ])('find a byte that went %s a node and is in no row', async (where, linkOf) => {
    for (const node of ['node-01', 'node-03']) {
      const { run, result } = await drained();
      const link = linkOf(run.topology.attachments.get(node) as Attachment) as number;
      addUsage(run.flows.log.migrations, link, 0, 1, 1);
      expect(() => checkRun(run, result)).toThrow(` bytes went ${where} ${node}, migrations sent `);
    }
  });
});
