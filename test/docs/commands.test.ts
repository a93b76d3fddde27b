/** Every command in the documentation is one that there is, and does what is said beside it. */
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sluiceInSession } from '../cli/session.js';
import { buildFirst, inFolder, root } from '../cli/sluice.js';
import { blocksOf, commandsOf, documents, isStillTrue, textOf, withOutput } from './blocks.js';

beforeAll(buildFirst, 120_000);

/**
 * The page that a new user meets first is run always. SLUICE_DOCS=usual runs every page (as CI does),
 * all the slow blocks too; UPDATE=1 writes the outputs that are shown anew, of every page.
 */
const all = process.env.SLUICE_DOCS === 'all';
const update = process.env.UPDATE !== undefined;
const everyPage = update || process.env.SLUICE_DOCS !== undefined;
const FIRST_PAGE = 'docs/will-it-end-in-time.md';

const withBlocks = documents().filter(
  (path) =>
    (everyPage || path === FIRST_PAGE) &&
    blocksOf(textOf(path)).some(({ kind }) => kind === 'run' || (all && kind === 'slow')),
);

describe('blocks of sh', () => {
  it.concurrent.each(withBlocks)('%s', { timeout: all ? 1_800_000 : 120_000 }, (path) =>
    inFolder(async (folder) => {
      prepare(folder);
      let text = textOf(path);
      for (const [i, { line, script, kind, output }] of blocksOf(text).entries()) {
        if (kind !== 'run' && !(all && kind === 'slow')) continue;
        const where = `${path}:${line}`;
        const answer = await runScript(folder, script);
        expect(answer.code, `${where}: ${answer.stderr}`).toBe(0);
        if (output === null) continue;
        if (update) text = withOutput(text, i, answer.stdout);
        // The comparison is repeated as equality for the sake of its message.
        else if (!isStillTrue(output, answer.stdout)) expect(answer.stdout, where).toBe(output);
      }
      if (update) writeFileSync(join(root, path), text);
    }),
  );
});

describe('commands named in the documentation', () => {
  it('exist, with the options that are given', { timeout: 120_000 }, async () => {
    const helps = new Map<string, string>();
    const wrong: string[] = [];
    for (const path of documents()) {
      for (const command of commandsOf(textOf(path))) {
        const words = command.split(/\s+/);
        const name = words[0] === 'validate' ? words.slice(0, 2).join(' ') : (words[0] ?? '');
        const help =
          helps.get(name) ?? (await sluiceInSession([...name.split(' '), '--help'])).stdout;
        helps.set(name, help);
        if (!help.startsWith(`sluice ${name}`)) wrong.push(`${path}: no command sluice ${name}`);
        for (const [, option] of command.matchAll(/(?<=\s)--([a-z][\w-]*)/g)) {
          if (!help.includes(`--${option}`))
            wrong.push(`${path}: sluice ${name} has no --${option}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** A folder as a reader may have it: the example fleets, a fleet file, a dump; sluice in the path. */
function prepare(folder: string): void {
  symlinkSync(join(root, 'fleets'), join(folder, 'fleets'));
  copyFileSync(join(root, 'fleets/single-guest.yaml'), join(folder, 'fleet.yaml'));
  copyFileSync(join(root, 'test/data/small-dump.json'), join(folder, 'cluster.json'));
  mkdirSync(join(folder, '.bin'));
  const node = `exec '${process.execPath}' '${join(root, 'bin')}`;
  put('sluice', `${node}/sluice.mjs' "$@"`);
  put('npx', `shift; ${node}/sluice.mjs' "$@"`);
  put('npm', `cd '${root}' && exec '${process.execPath}' '${npmScript()}' "$@"`);

  function put(name: string, script: string): void {
    const file = join(folder, '.bin', name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }
}

/** npm runs the tests, and says where it is. */
function npmScript(): string {
  return (
    process.env.npm_execpath ?? join(process.execPath, '../../lib/node_modules/npm/bin/npm-cli.js')
  );
}

const LONGEST_BLOCK_MS = all ? 1_500_000 : 60_000;

interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runScript(folder: string, script: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const path = `${join(folder, '.bin')}${delimiter}${process.env.PATH ?? ''}`;
    const child = spawn('sh', ['-eu', '-c', script], {
      cwd: folder,
      // Slow blocks run the tests, these among them: not the slow blocks once more.
      env: { ...process.env, PATH: path, SLUICE_DOCS: '' },
      // A group of its own, so that a block that hangs is ended with all that it started.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      out.stderr += text;
    });
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), LONGEST_BLOCK_MS);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...out });
    });
  });
}
