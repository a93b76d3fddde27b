/** Replicas whose threads hang, or only take long. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/plan/journal.js';
import type { Replica, ReplicaTask } from '../../src/plan/replica.js';
import { openReplicaPool } from '../../src/plan/replica-pool.js';
import { buildFirst } from '../cli/sluice.js';
import { buildFleet, GIB } from '../fleet-builder.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-replicas-'));
const log = join(folder, 'calls');
const workerFile = fileURLToPath(new URL('./unlucky-replica-worker.mjs', import.meta.url));

const task: ReplicaTask = {
  fleet: buildFleet({ guests: [{ name: 'g', memoryBytes: 4 * GIB }] }),
  seed: 1,
  fidelity: 'chunk',
  linkStepUs: 60_000_000,
  limits: [],
  detail: false,
};

/** Three replicas over two threads: their figures, and how often one was begun. */
async function runUnlucky(manner: 'hang' | 'slow', times: number) {
  writeFileSync(log, '');
  Object.assign(process.env, {
    UNLUCKY_LOG: log,
    UNLUCKY_MANNER: manner,
    UNLUCKY_TIMES: String(times),
  });
  const journal = await openJournal({ path: join(folder, 'j'), digest: 'd', resume: false });
  const pool = openReplicaPool(2, journal, { workerFile, secondsMost: 0.5 });
  const requests = [1, 2, 3].map((seed) => ({
    scenario: 's',
    seed,
    task: () => ({ ...task, seed }),
  }));
  const done = new Map<number, Replica>();
  try {
    const keep = ({ seed }: { seed: number }, replica: Replica) => done.set(seed, replica);
    await pool.run(requests, keep, new AbortController().signal);
  } finally {
    await pool.close();
    await journal.remove();
  }
  return { replicas: [1, 2, 3].map((seed) => done.get(seed)), begun: statSync(log).size };
}

describe('replicas', () => {
  let undisturbed: Awaited<ReturnType<typeof runUnlucky>>;
  beforeAll(async () => {
    buildFirst();
    undisturbed = await runUnlucky('hang', 0);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('that hang are begun anew on another thread, and come out the same', async () => {
    const { replicas, begun } = await runUnlucky('hang', 3);
    expect(replicas).toEqual(undisturbed.replicas);
    expect(begun).toBe(undisturbed.begun + 3);
  }, 60_000);

  it('that take long and get on are waited for', async () => {
    expect(await runUnlucky('slow', 2)).toEqual(undisturbed);
  }, 60_000);
});
