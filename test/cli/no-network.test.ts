/** SECURITY.md: no command reaches for a network. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { projectFiles, readProjectFile } from '../tidy/source.js';
import { buildFirst, inFolder, root } from './sluice.js';

beforeAll(buildFirst, 120_000);

const single = join(root, 'fleets/single-guest.yaml');
const COMMANDS: readonly (readonly string[])[] = [
  ['run', single, '--threads', '2'],
  ['sweep', single, '--replicas', '1', '--threads', '2'],
  ['explain', single, '--guest', 'shop/database'],
  ['import', join(root, 'test/data/small-dump.json'), '-o', 'fleet.yaml'],
];

function watched(script: readonly string[], cwd: string) {
  const log = join(cwd, 'network');
  writeFileSync(log, '');
  const watch = new URL('./network-watch.mjs', import.meta.url).href;
  const { status, stderr } = spawnSync(process.execPath, script, {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NODE_OPTIONS: `--import ${watch}`, NETWORK_LOG: log },
  });
  return { status, stderr, network: readFileSync(log, 'utf8') };
}

it.each(COMMANDS)('sluice %s … needs none', (...args) =>
  inFolder(async (cwd) => {
    const answer = watched([join(root, 'bin/sluice.mjs'), ...args], cwd);
    expect(answer).toMatchObject({ status: 0, network: '' });
  }),
);

it('would be seen where it is reached for', () =>
  inFolder(async (cwd) => {
    const script = ['--eval', "require('node:http').get({ port: 9 })"];
    expect(watched(script, cwd).network).toBe('connect\n');
  }));

it('is in no source of a command', () => {
  const modules = /['"](node:)?(net|tls|http|https|http2|dgram|dns|undici)(\/\w+)?['"]|\bfetch\(/;
  const sources = projectFiles().filter((path) => /^src\/.*\.ts$/.test(path));
  expect(sources.filter((path) => modules.test(readProjectFile(path)))).toEqual([]);
});
