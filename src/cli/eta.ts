/** `sluice eta`: how long migrations, or a drain, under way still take. */
import type { Argv, CommandModule } from 'yargs';
import { drainEta, latestTimeUs } from '../eta/drain-eta.js';
import { drainEtaJson, migrationEtaJson } from '../eta/eta-json.js';
import { drainEtaLines, limitsAhead, migrationEtaLines } from '../eta/eta-text.js';
import { migratingGuest, SETTINGS_OF_NOBODY } from '../eta/migrating-guest.js';
import { migrationEta, type SimulateLikeness } from '../eta/migration-eta.js';
import { readCounters } from '../eta/read-counters.js';
import { readPastMigrations } from '../fleet/dump/past-migrations.js';
import { InputError } from '../fleet/input-error.js';
import { decodeText } from '../fleet/load/decode-text.js';
import { loadDocument } from '../fleet/load/document.js';
import { readInputBytes } from '../fleet/load/read-bytes.js';
import { simulate } from '../simulation/simulate.js';
import { type FleetArguments, fleetOptions, loadFleetFrom } from './fleet-options.js';
import { letSignalsIn, withInterrupt } from './interrupt.js';
import { type GivenOption, showDash, singleValue, wholeNumber } from './option-values.js';
import { openPageWork } from './page-work.js';
import { linkStepUsOf } from './run-options.js';
import { printLines } from './terminal-text.js';
import { printWarnings } from './warnings-report.js';

interface EtaArguments extends Omit<FleetArguments, 'file'> {
  readonly file?: readonly string[];
  readonly counters?: GivenOption;
  readonly guest?: GivenOption;
  readonly now?: GivenOption;
  readonly replicas?: GivenOption;
  readonly seed?: GivenOption;
  readonly json: boolean;
}

export const etaCommand: CommandModule<object, EtaArguments> = {
  command: 'eta [file..]',
  describe: 'Say how long migrations under way, or a drain under way, still take',
  builder: (yargs) =>
    fleetOptions(yargs)
      .positional('file', {
        demandOption: false,
        describe: "fleet file or dump: whose settings hold; a dump's own migrations are a drain",
      })
      .options({
        counters: {
          type: 'string',
          requiresArg: true,
          describe: "virt-launcher's log, virsh domjobinfo, or kubevirt_vmi_migration_* answers",
        },
        guest: {
          type: 'string',
          requiresArg: true,
          describe: 'NAMESPACE/NAME whose counters they are, where they do not say',
        },
        now: {
          type: 'string',
          requiresArg: true,
          describe: 'When the dump was made (RFC 3339) [default: its last time stamp]',
        },
        replicas: {
          type: 'string',
          requiresArg: true,
          describe: 'Simulations, over what is not known [default: 40, of a drain 10]',
        },
        seed: { type: 'string', requiresArg: true, describe: 'Of the first one [default: 1]' },
        json: { type: 'boolean', default: false, describe: 'Print it as JSON' },
      })
      .example([
        ['$0 eta cluster.json --counters launcher.log', 'migrations under way'],
        ['virsh domjobinfo db-0 | $0 eta --counters -', 'without a dump: default settings'],
        ['$0 eta cluster.json', 'a drain under way'],
      ]) as unknown as Argv<EtaArguments>,
  handler: (args) => withInterrupt((signal) => eta(args, signal)),
};

async function eta(args: EtaArguments, signal: AbortSignal): Promise<void> {
  const seed = wholeNumber('--seed', args.seed, { least: 0, most: 0xffff_0000 }) ?? 1;
  const replicas = wholeNumber('--replicas', args.replicas, { least: 1, most: 1000 });
  const counters = singleValue('--counters', args.counters);
  const pageWork = openPageWork(1);
  const run: SimulateLikeness = (fleet, seedOf, jobStatsEveryUs) =>
    simulate(fleet, {
      seed: seedOf,
      fidelity: 'chunk',
      pageWork,
      rounds: false,
      decisions: true,
      jobStatsEveryUs,
      linkStepUs: linkStepUsOf(undefined),
      onProgress: letSignalsIn,
      signal,
    });
  try {
    if (counters === undefined) await etaOfDrain(args, replicas ?? 10, seed, run);
    else await etaOfMigrations(args, counters, replicas ?? 40, seed, run);
  } finally {
    await pageWork.close();
  }
}

async function etaOfMigrations(
  args: EtaArguments,
  counters: string,
  likenesses: number,
  seed: number,
  run: SimulateLikeness,
): Promise<void> {
  const named = singleValue('--guest', args.guest) ?? '';
  const text = decodeText(counters, await readInputBytes(counters));
  const list = readCounters(counters, text, named);
  const files = args.file ?? [];
  const loaded = files.length === 0 ? null : await loadFleetFrom({ ...args, file: files });
  if (loaded === null) {
    const message = "no fleet file or dump given: KubeVirt's default settings are taken";
    printWarnings([{ file: counters, path: '', message }]);
  } else {
    printWarnings(loaded.warnings);
  }
  const fleet = loaded?.fleet ?? SETTINGS_OF_NOBODY;
  const shown: object[] = [];
  for (const series of list) {
    const { guest, isKnown } = migratingGuest(fleet, series, named);
    if (!isKnown && loaded !== null) {
      const message = `${series.guest || 'the guest'} is not in ${files.map(showDash).join(', ')}: the settings of a guest without labels are taken`;
      printWarnings([{ file: counters, path: '', message }]);
    }
    const found = await migrationEta({ fleet, guest, series, likenesses, seed, simulate: run });
    const limits = limitsAhead(fleet, guest, found.elapsedUs);
    if (args.json) shown.push(migrationEtaJson(found, limits));
    else printLines(migrationEtaLines(found, limits));
  }
  if (args.json) process.stdout.write(`${JSON.stringify({ migrations: shown }, null, 2)}\n`);
}

async function etaOfDrain(
  args: EtaArguments,
  replicas: number,
  seed: number,
  run: SimulateLikeness,
): Promise<void> {
  const [first, ...others] = (args.file ?? []).map(showDash);
  if (first === undefined) {
    throw new InputError('sluice eta', '', 'name a dump, or counters with --counters FILE');
  }
  if ([first, ...others].includes('-')) {
    throw new InputError('-', '', 'a drain is read twice: give the dump as a file');
  }
  const { fleet, warnings, source } = await loadFleetFrom({ ...args, file: [first, ...others] });
  if (source === 'fleet-file') {
    throw new InputError(first, '', 'is a fleet file: what is under way stands in a kubectl dump');
  }
  const documents = [await loadDocument(first)] as const;
  const rest = await Promise.all(others.map(loadDocument));
  const { migrations } = readPastMigrations([...documents, ...rest]);
  printWarnings(warnings);
  const nowUs = timeOf(args.now) ?? latestTimeUs(migrations);
  const simulateOne = (of: typeof fleet, seedOf: number) =>
    run(of, seedOf, Number.MAX_SAFE_INTEGER);
  const found = await drainEta({ fleet, migrations, nowUs, replicas, seed, simulate: simulateOne });
  if (args.json) process.stdout.write(`${JSON.stringify(drainEtaJson(found), null, 2)}\n`);
  else printLines(drainEtaLines(found));
}

/** @throws InputError */
function timeOf(given: GivenOption): number | null {
  const text = singleValue('--now', given);
  if (text === undefined) return null;
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(ms)) return ms * 1000;
  throw new InputError('--now', '', `"${text}" is not a time such as 2026-09-14T09:30:00Z`);
}
