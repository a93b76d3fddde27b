/**
 * Keeps two processes from writing the same files of a folder at once: a file with the process's
 * number, made only where there is none, and gone with its owner.
 */
import { readFileSync, rmSync } from 'node:fs';
import { constants, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from '../fleet/input-error.js';

/** A lock that has just been made and is not yet filled in belongs to a process that lives. */
const EMPTY_MS_MOST = 5000;
const LOOK_EVERY_MS = 50;
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
  try {
    return await work();
  } finally {
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
    if (owner === 'none' || (owner === null && performance.now() > emptyUntilMs)) {
      await rm(path, { force: true });
    } else if (owner !== null && performance.now() > untilMs) {
      throw new InputError(folder, '', `process ${owner} writes here; take another --out`);
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
    await file.writeFile(String(process.pid));
    return true;
  } catch (error) {
    // On a full disk, an empty lock would hold up the next run.
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/**
 * The process that holds it; null while that cannot be told yet; `none` when it is gone. A lock of
 * this process's number that it does not hold was left by an earlier one: in a container each start
 * has the same number.
 */
async function ownerOf(path: string): Promise<number | null | 'none'> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const pid = Number(text);
  if (!(pid > 0)) return null;
  if (pid === process.pid && !held.has(path)) return 'none';
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'none' : pid;
  }
}

function releaseLock(path: string): void {
  try {
    if (readFileSync(path, 'utf8') === String(process.pid)) rmSync(path, { force: true });
  } catch {
    // The folder has vanished, and the lock with it.
  }
}
