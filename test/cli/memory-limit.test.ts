import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkNeed, maxMemoryOf, needText, runNeed } from '../../src/cli/memory-limit.js';
import { buildFleet, GIB } from '../fleet-builder.js';
import { buildFirst, inFolder, sluice } from './sluice.js';

const MIB = 2 ** 20;
const single = 'fleets/single-guest.yaml';

/** So many guests on one node, all of which may migrate at once. */
function fleetOf(guests: number) {
  return buildFleet({
    guests: Array.from({ length: guests }, (_, i) => ({
      name: `guest-${i}`,
      node: 'node-01',
      memoryBytes: GIB,
    })),
    kubevirt: {
      migrations: { parallelOutboundMigrationsPerNode: guests, parallelMigrationsPerCluster: 4000 },
    },
  });
}

const needOf = (guests: number, threads = 1) =>
  runNeed(fleetOf(guests), { rounds: false, decisions: false, threads }, 100 * MIB);

describe('--max-memory', () => {
  beforeAll(buildFirst);

  it('refuses in one line what cannot fit, before anything is written', () =>
    inFolder(async (cwd) => {
      const out = join(cwd, 'out');
      const args = ['run', single, '--threads', '1', '--out', out, '--max-memory'];
      const answer = await sluice([...args, '20Mi']);
      expect(answer).toMatchObject({ code: 2, stdout: '' });
      expect(answer.stderr).toMatch(
        /^--max-memory 20Mi: the run needs about \d+ MiB of memory \(.*\); \d+Mi would do.*\n$/,
      );
      expect(existsSync(out)).toBe(false);
      const needed = /(\d+)Mi would do/.exec(answer.stderr)?.[1];
      const enough = await sluice([...args, `${Number(needed) + 20}Mi`]);
      expect(enough.code).toBe(0);
      expect(enough.stderr).toMatch(/^Needs about \d+ MiB of memory \(program and fleet .*\)\.\n$/);
    }));

  it.each([
    ['lots', /^--max-memory: "lots" is not a size such as/],
    ['0', /^--max-memory: is more than 0/],
  ])('says what is wrong with %s', (text, message) => {
    expect(() => maxMemoryOf(text)).toThrow(message);
  });

  it('names the smallest change that makes it fit', () => {
    const refused = (guests: number, threads: number, text: string) => () =>
      checkNeed(needOf(guests, threads), maxMemoryOf(text));
    const total = Math.ceil(needOf(2000, 4).totalBytes / MIB);
    expect(refused(2000, 4, `${total}Mi`)).not.toThrow();
    expect(refused(2000, 4, `${total - 20}Mi`)).toThrow(`${total}Mi would do, or --threads 1`);
    expect(refused(2000, 4, `${total - 32}Mi`)).toThrow(
      /fewer guests at once .*parallelMigrationsPerCluster=[1-9]\d+\)$/,
    );
    expect(refused(2000, 1, '100Mi')).toThrow(/never enough for the program and the fleet$/);
  });

  it('tells the parts, the largest first, and none that is next to nothing', () => {
    expect(needText(needOf(2000, 3))).toMatch(
      /^about \d+ MiB of memory \(program and fleet 135 MiB, 2,000 guests migrating at once [\d.]+ MiB, control plane and rows [\d.]+ MiB, 2 more threads 20.0 MiB\)$/,
    );
  });

  it('holds garbage down in large runs, which then take half as much of their own', () => {
    expect([needOf(2000).holdsGarbage, needOf(20_000).holdsGarbage]).toEqual([false, true]);
    expect(needOf(20_000).guestBytes / needOf(2000).guestBytes).toBeCloseTo(5, 1);
  });
});
