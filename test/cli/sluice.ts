/** Runs the built command as a user would. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Call {
  /** After how long a call is taken to hang [LONGEST_CALL_MS]. */
  readonly longestMs?: number;
  readonly cwd?: string;
  readonly input?: string;
  /** Sent once, when this first says so. */
  readonly interruptWhen?: { readonly signal: NodeJS.Signals; readonly when: () => boolean };
  /** Done once, when standard error first says this. */
  readonly onceSaid?: { readonly what: RegExp; readonly does: (child: ChildProcess) => void };
}

/** On standard error: a run's line behind which it simulates. */
export const SIMULATES = /^Needs about/m;

/** A call that hangs is ended, and fails its test by its exit code. */
const LONGEST_CALL_MS = 45_000;

/** Builds what is stale, so that no later call says so on its standard error. */
export function buildFirst(): void {
  const built = spawnSync(process.execPath, [join(root, 'bin/build.mjs')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the build failed:\n${built.stderr}`);
}

export function sluice(args: readonly string[], call: Call = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin/sluice.mjs'), ...args], {
      cwd: call.cwd ?? root,
      stdio: 'pipe',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const { onceSaid } = call;
      const isNew = onceSaid !== undefined && !onceSaid.what.test(stderr);
      stderr += text;
      if (isNew && onceSaid.what.test(stderr)) onceSaid.does(child);
    });
    child.stdin.end(call.input ?? '');
    const timers: NodeJS.Timeout[] = [];
    const { interruptWhen } = call;
    const poll = setInterval(() => {
      if (!interruptWhen?.when()) return;
      child.kill(interruptWhen.signal);
      clearInterval(poll);
    }, 20);
    timers.push(poll);
    timers.push(setTimeout(() => child.kill('SIGKILL'), call.longestMs ?? LONGEST_CALL_MS));
    child.on('error', reject);
    child.on('close', (code) => {
      for (const timer of timers) clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}

/** A folder of its own for `work`, removed afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every file below a folder with what would show a change. */
export function treeOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => {
      const stat = statSync(join(folder, name), { throwIfNoEntry: false });
      return `${name} ${stat?.size} ${stat?.mtimeMs}`;
    })
    .sort();
}

/** The files of a folder by name. */
export function contentsOf(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(
    names.map((name) => [relative('.', name), readFileSync(join(folder, name), 'utf8')]),
  );
}
