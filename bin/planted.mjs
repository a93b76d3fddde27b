// `npm run soak -- --planted [PLACE]`: plants each bug of test/soak/planted.yaml in a copy of the
// sources, one at a time, and tells how long the soak takes to find it. Exit code 1: one was not.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parse } from 'yaml';
import { compile } from './compiled.mjs';
import { root } from './prepare.mjs';

const MINUTES_MOST = 5;
const COPIED = ['src', 'test', 'bench', 'fleets', 'package.json', 'tsconfig.json'];

export function soakPlanted(wanted) {
  const bugs = parse(readFileSync(join(root, 'test/soak/planted.yaml'), 'utf8'));
  const chosen = bugs.filter(({ place }) => wanted === undefined || place.includes(wanted));
  const copy = mkdtempSync(join(tmpdir(), 'sluice-planted-'));
  try {
    for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const missed = chosen.filter((bug) => !soakFinds(copy, bug));
    process.stdout.write(`${chosen.length - missed.length} of ${chosen.length} found\n`);
    process.exitCode = missed.length === 0 && chosen.length > 0 ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function soakFinds(copy, { place, file, find, put }) {
  const original = readFileSync(join(root, file), 'utf8');
  if (original.split(find).length !== 2)
    throw new Error(`${file}: ${find} does not stand once in it`);
  writeFileSync(
    join(copy, file),
    original.replace(find, () => put),
  );
  const main = compile(copy, 'test/soak', 'dist/soak', ['--noUnusedLocals', 'false']);
  const script = join(copy, 'soak.mjs');
  writeFileSync(script, `import { main } from '${main}';\nawait main(process.argv.slice(2));\n`);
  const args = ['--minutes', String(MINUTES_MOST), '--out', join(copy, 'found'), '--shrink', '0'];
  const startMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  writeFileSync(join(copy, file), original);
  // A check that failed says so; whatever else ends the soak is not what it should find.
  const isFound = status === 1 && stderr.includes('soak: FAILED\n');
  const [how = ''] = /^(Error|soak: seed \d+): .*/m.exec(stderr) ?? [];
  const said = isFound ? `found in ${seconds} s: ${how}` : `NOT found in ${seconds} s`;
  process.stdout.write(`${place} (${file}): ${said}\n`);
  if (!isFound && status !== 0) process.stderr.write(stderr);
  return isFound;
}
