/** The main job on a real dump: straight, and by way of `sluice import`. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedData } from '../shared-data.js';
import { sluiceInSession } from './session.js';
import { buildFirst, contentsOf, inFolder } from './sluice.js';

const folder = sharedData('cluster');
const at = (name: string): string => join(folder ?? '', name);

const DUMP = [
  at('cluster.json'),
  '--dirty-rates',
  at('prometheus-dirty-rate.json'),
  '--memory',
  at('prometheus-memory.json'),
  '--network',
  at('prometheus-node-network.json'),
];
const DRAIN = ['--drain', 'wrk-b1,wrk-b2,wrk-b3,wrk-b4,gpu-b1,sto-b1'];

describe.skipIf(folder === null)('cluster dump (skipped where ../shared/data is absent)', () => {
  beforeAll(buildFirst, 120_000);

  it('drains the same from the dump and from the fleet file made of it', () =>
    inFolder(async (cwd) => {
      const run = (input: readonly string[], out: string) =>
        sluiceInSession(['run', ...input, ...DRAIN, '--fidelity', 'chunk', '--out', out], { cwd });
      const imported = await sluiceInSession(['import', ...DUMP, '-o', 'cluster.yaml'], { cwd });
      expect(imported).toMatchObject({ code: 0, stdout: '' });
      const [fromDump, fromFile] = [await run(DUMP, 'a'), await run(['cluster.yaml'], 'b')];
      expect([fromDump.code, fromFile.code]).toEqual([0, 0]);
      expect(contentsOf(join(cwd, 'b'))).toEqual(contentsOf(join(cwd, 'a')));
    }));
});
