import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadFleet } from '../../../src/fleet/load/load-fleet.js';
import { refusal, temporaryFolder } from './temporary-files.js';

const folder = temporaryFolder();
const dump = folder.write(
  'small.json',
  readFileSync(new URL('../../data/small-dump.json', import.meta.url)),
);
const pods =
  '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"nodeName":"wrk-a1"}}';
const fleetFile = 'sluice: 1\nname: mine\nnodes: [{name: a}]\n';

const refuse = (name: string, content: string) =>
  refusal(() => loadFleet({ files: [folder.write(name, content)] }));

describe('loadFleet', () => {
  it('takes Kubernetes objects for a dump, named by its file', async () => {
    const { fleet, source } = await loadFleet({
      files: [dump],
      pods: folder.write('pods.json', pods),
    });
    expect(source).toBe('dump');
    expect(fleet.name).toBe('small');
    expect(fleet.guests).toHaveLength(1);
    expect(fleet.otherPods.map(({ name }) => name)).toEqual(['p']);
  });

  it('takes several dumps as one', async () => {
    const more = folder.write('more.yaml', 'apiVersion: v1\nkind: Node\nmetadata: {name: third}\n');
    const { fleet } = await loadFleet({ files: [dump, more] });
    expect(fleet.nodes.map(({ name }) => name)).toEqual(['third', 'wrk-a1', 'wrk-a2']);
    const twice = refusal(() =>
      loadFleet({ files: [dump, folder.write('b.json', readFileSync(dump))] }),
    );
    expect(await twice).toMatch(/Node wrk-a1 appears twice \(first at .*small\.json items\[0\]\)/);
  });

  it('takes what says sluice for a fleet file, which stands alone', async () => {
    const file = folder.write('fleet.yaml', fleetFile);
    const { fleet, source } = await loadFleet({ files: [file] });
    expect([source, fleet.name]).toEqual(['fleet-file', 'mine']);
    expect(await refusal(() => loadFleet({ files: [file, dump] }))).toMatch(
      /is a fleet file, and stands alone/,
    );
    expect(await refusal(() => loadFleet({ files: [dump, file] }))).toMatch(
      /is a fleet file, and stands alone/,
    );
    const rates = { files: [file], dirtyRates: 'rates.json' };
    expect(await refusal(() => loadFleet(rates))).toMatch(/^rates\.json: goes with a dump/);
    const set = { files: [file], set: [{ path: 'name', value: 'other' }] };
    expect((await loadFleet(set)).fleet.name).toBe('other');
    expect(await refusal(() => loadFleet({ ...set, files: [dump] }))).toMatch(
      /--set changes fleet files/,
    );
  });

  it('says what anything else is', async () => {
    expect(await refuse('a.json', '[]')).toBe(
      'a.json: 1:1: expected a fleet file or Kubernetes objects, found an array',
    );
    expect(await refuse('a.yaml', 'just words\n')).toMatch(/found the string "just words"/);
    expect(await refuse('a.yaml', 'guests: []\nnodes: []\n')).toMatch(
      /neither a fleet file.*keys: guests, nodes/,
    );
    expect(await refuse('a.json', '{"status":"success","data":{}}')).toMatch(
      /is a Prometheus answer; give it as/,
    );
    expect(await refusal(() => loadFleet({ files: [] }))).toMatch(/no input file given/);
    const noPods = { files: [dump], pods: folder.write('none.json', '{"kind":"List","items":[]}') };
    expect(await refusal(() => loadFleet(noPods))).toBe('none.json: no Pod found');
  });
});
