/**
 * Keeps two processes from writing the same files of a folder at once: a file with the process's
 * number and machine, made only where there is none, and gone with its owner. Of a process on another
 * machine, or in another container, only the file's age can tell: its owner touches it.
 */
import { readFileSync, rmSync } from 'node:fs';
import { constants, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from '../fleet/input-error.js';

/** A lock that has just been made and is not yet filled in belongs to a process that lives. */
const EMPTY_MS_MOST = 5000;
const LOOK_EVERY_MS = 50;
const TOUCH_EVERY_MS = 10_000;
/** An owner elsewhere that has not touched its lock for so long is gone. */
const UNTOUCHED_MS_MOST = 120_000;
/** Nobody: the owner is gone. */
const NONE = 'none';
/** Locks that this process has: nobody else can know of them. */
const held = new Set<string>();

/**
 * Runs `work` while this process holds the folder's lock `name`.
 * @param waitMs how long another process is waited for
 * @throws InputError when another process has it still
 */
export async function withFolderLock<Result>(
  folder: string,
  name: string,
  waitMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const path = join(folder, name);
  await takeLock(folder, path, waitMs);
  held.add(path);
  const release = (): void => {
    releaseLock(path);
    held.delete(path);
  };
  // A second Ctrl-C ends the process at once: the lock goes with it.
  process.on('exit', release);
  const touching = setInterval(() => touch(path), TOUCH_EVERY_MS).unref();
  try {
    return await work();
  } finally {
    clearInterval(touching);
    process.off('exit', release);
    release();
  }
}

async function takeLock(folder: string, path: string, waitMs: number): Promise<void> {
  const untilMs = performance.now() + waitMs;
  const emptyUntilMs = performance.now() + EMPTY_MS_MOST;
  for (;;) {
    if (await makeLock(path)) return;
    const owner = await ownerOf(path);
    if (owner === NONE || (owner === null && performance.now() > emptyUntilMs)) {
      await rm(path, { force: true });
    } else if (owner !== null && performance.now() > untilMs) {
      throw new InputError(folder, '', `${owner} writes here; take another --out`);
    } else await sleep(LOOK_EVERY_MS);
  }
}

async function makeLock(path: string): Promise<boolean> {
  const { O_CREAT, O_EXCL, O_WRONLY } = constants;
  const file = await open(path, O_CREAT | O_EXCL | O_WRONLY).catch((error) => {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  });
  if (file === null) return false;
  try {
    await file.writeFile(ownText());
    return true;
  } catch (error) {
    // On a full disk, an empty lock would hold up the next run.
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

function ownText(): string {
  return `${process.pid} ${hostname()}`;
}

/**
 * The process that holds it; null while that cannot be told yet; `none` when it is gone. A lock of
 * this process's number that it does not hold was left by an earlier one: in a container each start
 * has the same number.
 */
async function ownerOf(path: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [number = '', machine = hostname()] = text.split(' ', 2);
  const pid = Number(number);
  if (!(pid > 0)) return null;
  if (machine !== hostname())
    return (await isTouched(path)) ? `process ${pid} on ${machine}` : NONE;
  const owner = `process ${pid}`;
  if (pid === process.pid) return held.has(path) ? owner : NONE;
  try {
    process.kill(pid, 0);
    return owner;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? NONE : owner;
  }
}

async function isTouched(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs < UNTOUCHED_MS_MOST;
}

function touch(path: string): void {
  const now = new Date();
  // A folder that has vanished is told of by what is to be written there.
  utimes(path, now, now).catch(() => {});
}

function releaseLock(path: string): void {
  try {
    if (readFileSync(path, 'utf8') === ownText()) rmSync(path, { force: true });
  } catch {
    // The folder has vanished, and the lock with it.
  }
}
