/** What `sweep` and `plan` share: threads that run replicas, and the journal that `--resume` reads. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { canonicalText } from '../fleet/file/plain.js';
import { withFolderLock } from '../outcome/folder-lock.js';
import { countText } from '../outcome/quantity-text.js';
import { checkOutputFolder, outputProblem, removeLeftovers } from '../outcome/whole-files.js';
import { openJournal } from '../plan/journal.js';
import { openReplicaPool, type ReplicaPool } from '../plan/replica-pool.js';
import type { GivenOption } from './option-values.js';
import { packageVersion } from './version.js';

export interface ReplicaArguments {
  readonly replicas?: GivenOption;
  readonly out?: GivenOption;
  readonly resume: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

export function replicaOptions<T>(yargs: Argv<T>, replicas: number): Argv<T & ReplicaArguments> {
  return yargs.options({
    replicas: {
      type: 'string',
      requiresArg: true,
      describe: `Runs of each scenario, with seeds from --seed on [default: ${replicas}]`,
    },
    out: { type: 'string', requiresArg: true, describe: 'Folder for the CSV [default: out]' },
    resume: { type: 'boolean', default: false, describe: 'Go on where an earlier call stopped' },
    json: { type: 'boolean', default: false, describe: 'Print the results as JSON' },
    quiet: { type: 'boolean', default: false, describe: 'No progress and no text' },
  }) as unknown as Argv<T & ReplicaArguments>;
}

interface SessionRequest {
  readonly folder: string;
  readonly journal: string;
  /** Plain data that decides about every replica, beside its scenario and seed. */
  readonly content: unknown;
  readonly resume: boolean;
  readonly threads: number;
  /** What it writes at its end. */
  readonly files: readonly string[];
}

/**
 * Opens journal and threads for `work`, which writes its files itself; only then the journal goes.
 * @throws InputError when the folder or the journal does not fit
 */
export async function withReplicas(
  request: SessionRequest,
  work: (pool: ReplicaPool) => Promise<void>,
): Promise<void> {
  const { folder } = request;
  await checkOutputFolder(folder);
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw outputProblem(folder, error);
  });
  await withFolderLock(folder, `.${request.journal}.lock`, 0, () => runSession(request, work));
}

async function runSession(
  request: SessionRequest,
  work: (pool: ReplicaPool) => Promise<void>,
): Promise<void> {
  const { folder, resume } = request;
  // The journal's lock is held: nobody else writes them.
  if (resume) await removeLeftovers(folder, request.files, 0);
  const digest = createHash('sha256')
    .update(canonicalText([packageVersion(), request.content]))
    .digest('hex');
  const path = join(folder, request.journal);
  const journal = await openJournal({ path, digest, resume });
  if (resume) tellFound(journal.found);
  const pool = openReplicaPool(request.threads, journal);
  try {
    await work(pool);
  } catch (error) {
    await pool.close();
    // What went wrong first is what is told.
    await journal.close().catch(() => {});
    throw error;
  }
  await pool.close();
  await journal.remove();
}

function tellFound(found: number): void {
  const told = found === 0 ? 'nothing to resume, all is begun anew' : countText(found, 'replica');
  process.stderr.write(`sluice: ${told}${found === 0 ? '' : ' taken over'}\n`);
}
