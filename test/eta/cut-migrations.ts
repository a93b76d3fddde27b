/** Migrations whose log is cut off in the middle, and what eta says of it. */
import { migratingGuest } from '../../src/eta/migrating-guest.js';
import {
  type MigrationEta,
  migrationEta,
  type SimulateLikeness,
} from '../../src/eta/migration-eta.js';
import { readCounters } from '../../src/eta/read-counters.js';
import type { Fleet } from '../../src/fleet/model.js';
import { createInPlacePageWork } from '../../src/memory/in-place.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { jobStatsLines } from '../../src/outcome/job-stats-text.js';
import { simulate } from '../../src/simulation/simulate.js';

const pageWork = createInPlacePageWork(await loadKernels());

export const runLikeness: SimulateLikeness = (fleet, seed, jobStatsEveryUs) =>
  simulate(fleet, {
    seed,
    fidelity: 'chunk',
    pageWork,
    rounds: false,
    decisions: true,
    jobStatsEveryUs,
    linkStepUs: 60_000_000,
  });

export interface Cut {
  readonly log: string;
  readonly toGoUs: number;
  readonly outcome: string;
}

/** A real migration's log up to a share of its time, and what followed. */
export async function cutAt(
  fleet: Fleet,
  seed: number,
  share: number,
  everyUs = 2_000_000,
): Promise<Cut> {
  const result = await runLikeness(fleet, seed, everyUs);
  const [record] = result.migrations;
  const startedUs = record?.startedUs ?? 0;
  const endedUs = record?.endedUs ?? 0;
  const before = result.jobStats.filter(
    ({ atUs }) => atUs > startedUs && atUs - startedUs <= share * (endedUs - startedUs),
  );
  const lines = before.flatMap((sample) => jobStatsLines(sample, 'kubevirt-log', 0));
  return {
    log: lines.join('\n'),
    toGoUs: endedUs - (before.at(-1)?.atUs ?? 0),
    outcome: record?.outcome ?? '',
  };
}

export async function etaOf(fleet: Fleet, log: string, likenesses = 24): Promise<MigrationEta> {
  const [series] = readCounters('log', log, '');
  if (series === undefined) throw new Error('no counters');
  const { guest } = migratingGuest(fleet, series, '');
  return migrationEta({ fleet, guest, series, likenesses, seed: 7, simulate: runLikeness });
}
