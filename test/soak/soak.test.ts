/** What `npm run soak` does for hours, for a moment; and every file that ever failed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseDocument } from '../../src/fleet/load/document.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { root } from '../cli/sluice.js';
import { runFleet } from '../simulation/run-fleet.js';
import { checkCase } from './fleet-checks.js';
import { corpusText, INPUT_KINDS } from './fuzz-inputs.js';
import { fuzzInputs } from './input-fuzz.js';
import { inspectInstants } from './instant-checks.js';
import { checkMachines } from './machine-checks.js';
import { checkRows } from './row-checks.js';
import { shrinkFile } from './shrink.js';
import { caseOfFile, caseOfSeed, fleetOf } from './soak-case.js';

const kernels = loadKernels();

describe('random fleets', () => {
  it('hold every check', async () => {
    for (let seed = 101; seed <= 108; seed += 1) await checkCase(caseOfSeed(seed), kernels);
  });

  it('differ: every outcome of a migration and of a guest is among sixty of them', async () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 60; seed += 1) {
      const { text, fidelity } = { ...caseOfSeed(seed), fidelity: 'chunk' as const };
      const { migrations, guests } = await runFleet(fleetOf(text), { seed, fidelity });
      for (const { outcome, mode } of migrations) seen.add(outcome).add(mode);
      for (const { outcome } of guests) seen.add(outcome);
    }
    const outcomes = ['succeeded', 'failed', 'aborted', 'lost', 'unfinished'];
    const guests = ['moved', 'restarted', 'not-movable', 'unschedulable', 'left', 'waiting'];
    const modes = ['PreCopy', 'PostCopy', 'Paused'];
    expect([...seen]).toEqual(expect.arrayContaining([...outcomes, ...guests, ...modes]));
  });

  it('are the same for the same seed', () => {
    expect(caseOfSeed(7)).toEqual(caseOfSeed(7));
    expect(caseOfSeed(8).text).not.toBe(caseOfSeed(7).text);
  });
});

describe('machines with a short way', () => {
  it('do as those that take every step', () => {
    for (let seed = 1; seed <= 5; seed += 1) checkMachines(seed);
  });
});

describe('inputs broken at random', () => {
  it.each(INPUT_KINDS)('$name: what is broken is read as long as it is whole', async (kind) => {
    for (const path of kind.corpus) await kind.read(corpusText(root, path));
  });

  it('are read, or refused in one line', async () => {
    for (let seed = 1; seed <= 15; seed += 1) await fuzzInputs(seed, root);
  });
});

describe('fleets that once failed', () => {
  const folder = join(root, 'test/regressions');
  it.each(readdirSync(folder))('%s holds', async (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const [, seed] = /^# npm run soak -- --file \S+ --seed (\d+)\n/.exec(text) ?? [];
    expect(seed).toBeDefined();
    await checkCase(caseOfFile(text, Number(seed)), kernels);
  });
});

describe('what is checked', () => {
  const { text } = caseOfSeed(2);

  it('sees rows that cannot be', async () => {
    const fleet = fleetOf(text);
    const result = await runFleet(fleet);
    checkRows(fleet, result);
    const migrations = result.migrations.map((row) => ({ ...row, endedUs: row.createdUs - 1 }));
    expect(() => checkRows(fleet, { ...result, migrations })).toThrow(/^clock: /);
    const guests = result.guests.map((row) => ({ ...row, finalNode: 'elsewhere' }));
    expect(() => checkRows(fleet, { ...result, guests })).toThrow(/^guests: /);
    const rounds = result.rounds.map((row) => ({ ...row, dirtiedBytes: row.dirtiedBytes + 4096 }));
    expect(() => checkRows(fleet, { ...result, rounds })).toThrow(/^pages: /);
  });

  it('sees an instant that cannot be', async () => {
    const inspect = inspectInstants();
    const wrong = runFleet(fleetOf(text), {
      inspect: (run) => {
        run.controlPlane.queue.holding += 1;
        inspect(run);
      },
    });
    await expect(wrong).rejects.toThrow(/^slots: /);
  });
});

describe('bugs to plant', () => {
  it('stand each once in the sources, in ten places and more', () => {
    const text = readFileSync(join(root, 'test/soak/planted.yaml'), 'utf8');
    const bugs = parse(text) as { place: string; file: string; find: string; put: string }[];
    for (const { place, file, find, put } of bugs) {
      const times = readFileSync(join(root, file), 'utf8').split(find).length - 1;
      expect({ place, times }).toEqual({ place, times: 1 });
      expect(put).not.toBe(find);
    }
    expect(new Set(bugs.map(({ place }) => place)).size).toBeGreaterThan(10);
  });
});

describe('a file that fails', () => {
  it('is made as small as it can be', async () => {
    const fails = (text: string) => {
      const { value } = parseDocument('fleet.yaml', text);
      const { guests = [] } = value as { guests?: { memory?: string; vcpus?: number }[] };
      return Promise.resolve(guests.some(({ memory }) => memory !== undefined));
    };
    const smallest = await shrinkFile(caseOfSeed(3).text, fails, Number.POSITIVE_INFINITY);
    expect(smallest).toMatch(/^guests:\n {2}- memory: \d+Mi\n$/);
  });
});
