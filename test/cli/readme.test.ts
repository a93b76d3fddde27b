import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { buildFirst, inFolder, root, sluice } from './sluice.js';

beforeAll(buildFirst, 120_000);

test('the README shows what npm start prints', () =>
  inFolder(async (cwd) => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const shown = /\$ npm start\n([\s\S]*?)\n```/.exec(readme)?.[1];
    symlinkSync(join(root, 'fleets'), join(cwd, 'fleets'));
    const { code, stdout } = await sluice(['run', 'fleets/three-racks.yaml'], { cwd });
    expect(code).toBe(0);
    expect(stdout.trimEnd()).toBe(shown);
  }));
