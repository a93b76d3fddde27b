import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sluiceInSession } from './session.js';
import { buildFirst } from './sluice.js';

const FILE = 'fleets/rolling-upgrade.yaml';

describe('sluice check', () => {
  beforeAll(buildFirst, 60_000);

  it('ends with 4 where something blocks, with 3 where something may go wrong, else with 0', async () => {
    const blocked = await sluiceInSession(['check', FILE]);
    expect(blocked.code).toBe(4);
    expect(blocked.stdout).toMatch(/1 × cannot migrate\n {4}desktops\/render-0 on rack-2-node-03/);
    const warned = await sluiceInSession(['check', FILE, '--drain', 'rack-1-node-01']);
    expect(warned.code).toBe(3);
    expect(warned.stdout).toMatch(/will not converge\n {4}shop\/cache-0/);
    expect((await sluiceInSession(['check', 'fleets/single-guest.yaml'])).code).toBe(0);
  }, 60_000);

  it('writes check.csv and prints JSON that say the same', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-check-'));
    const { stdout } = await sluiceInSession(['check', FILE, '--json', '--out', folder]);
    const { findings } = JSON.parse(stdout) as { findings: readonly { check: string }[] };
    const lines = readFileSync(join(folder, 'check.csv'), 'utf8').trimEnd().split('\r\n');
    expect(lines[0]).toBe('severity,check,about,subject,node,finding,advice');
    expect(lines.slice(1).map((line) => line.split(',')[1])).toEqual(
      findings.map(({ check }) => check),
    );
  }, 30_000);
});
