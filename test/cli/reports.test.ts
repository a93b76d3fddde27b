import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sluiceInSession } from './session.js';
import { buildFirst } from './sluice.js';

const TRACE = ['trace', 'fleets/published/vep291.yaml', '--guest', 'published/worker'];

beforeAll(buildFirst, 60_000);

describe('sluice trace --stats', () => {
  it('prints a JSON line a sample, an answer of virsh, or a line of the log', async () => {
    const [query, virsh, log] = await Promise.all(
      ['query-migrate', 'domjobinfo', 'kubevirt-log'].map((format) =>
        sluiceInSession([...TRACE, '--stats', format, '--every', '30s']),
      ),
    );
    const samples = (query?.stdout ?? '')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(samples.map(({ status }) => status)).toEqual([
      'setup',
      'active',
      'active',
      'active',
      'completed',
    ]);
    expect(samples[1].ram['dirty-sync-count']).toBe(1);
    expect(virsh?.stdout).toContain('Memory bandwidth: ');
    expect(virsh?.stdout.split('Job type:')).toHaveLength(6);
    expect(log?.stdout).toMatch(/Migration info for published\/worker: TimeElapsed:30000ms /);
  }, 60_000);

  it('refuses in one line what it cannot do', async () => {
    const wrong = async (...args: string[]) => await sluiceInSession([...TRACE, ...args]);
    expect(await wrong('--stats', 'qmp')).toMatchObject({
      code: 2,
      stderr: '--stats: "qmp" is not one of query-migrate, domjobinfo, kubevirt-log\n',
    });
    expect((await wrong('--every', '1s')).code).toBe(2);
    expect((await wrong('--stats', 'domjobinfo', '--every', '1')).stderr).toMatch(/^--every: "1"/);
  }, 60_000);
});

describe('sluice validate published', () => {
  it('ends with 1 when a trace is not met, with 2 for another file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-'));
    try {
      const traces = join(folder, 'traces.json');
      writeFileSync(traces, '{"ex1_redis": {"ram_mib": 10252, "pts": [[0,10252],[50,9],[60,9]]}}');
      const unmet = await sluiceInSession(['validate', 'published', traces]);
      expect(unmet.code).toBe(1);
      expect(unmet.stdout).toContain('not within the bounds');
      const other = join(folder, 'other.json');
      writeFileSync(other, '{"a": 1}');
      const refused = await sluiceInSession(['validate', 'published', other]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(/^[^\n]*other\.json: [^\n]+\n$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);
});
