import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createWallProfile, watchFor } from '../../src/cli/run-profile.js';
import { buildFirst, contentsOf, inFolder, sluice } from './sluice.js';

describe('--profile', () => {
  beforeAll(buildFirst);

  it('says on standard error where the time went, and changes no byte', async () => {
    await inFolder(async (folder) => {
      const run = ['run', 'fleets/single-guest.yaml', '--threads', '2', '--decisions', '--out'];
      const plain = await sluice([...run, join(folder, 'plain')]);
      const profiled = await sluice([...run, join(folder, 'profiled'), '--profile']);
      expect(profiled.code).toBe(0);
      expect(profiled.stdout.replaceAll('profiled', 'plain')).toBe(plain.stdout);
      expect(contentsOf(join(folder, 'profiled'))).toEqual(contentsOf(join(folder, 'plain')));
      expect(plain.stderr).not.toContain('Wall time');
      const words = ['kernels', 'hand-off', 'network', 'decisions', 'output', 'rest'];
      for (const part of [...words, 'thread 1', 'thread 2']) {
        expect(profiled.stderr).toMatch(new RegExp(`^ {2}${part} .*\\d (s|ms|µs) .*%`, 'm'));
      }
    });
  });

  it('gives all time to one part after the other, and page work to the thread that did it', () => {
    let nowMs = 500;
    const profile = createWallProfile(() => nowMs);
    const watch = watchFor(profile);
    profile.enter('decisions');
    nowMs += 100;
    const done = watch('kernels', () => {
      nowMs += 300;
      return 'counted';
    });
    expect(done).toBe('counted');
    expect(() =>
      watch('hand-off', () => {
        nowMs += 50;
        throw new Error('died');
      }),
    ).toThrow('died');
    profile.noteTask(0, 150);
    profile.noteTask(0, 50);
    expect(profile.enter('output')).toBe('decisions');
    nowMs += 50;
    expect(profile.lines(3).map((line) => line.trim().split(/ {2,}/).slice(0, 3))).toEqual([
      ['Wall time: 1.00 s'],
      ['kernels', '300 ms', '30 %'],
      ['hand-off', '50.0 ms', '5 %'],
      ['network', '0 µs', '0 %'],
      ['decisions', '100 ms', '10 %'],
      ['output', '50.0 ms', '5 %'],
      ['rest', '500 ms', '50 %'],
      ['thread 1', '300 ms', '30 %'],
      ['thread 2', '200 ms', '20 %'],
      ['thread 3', '0 µs', '0 %'],
    ]);
  });
});
