/** `sluice validate published FILE…`: published migrations against simulations made for them. */
import { fileURLToPath } from 'node:url';
import type { CommandModule } from 'yargs';
import { escapeControls } from '../fleet/input-error.js';
import { loadFleet } from '../fleet/load/load-fleet.js';
import type { Fleet } from '../fleet/model.js';
import { tableLines } from '../outcome/text-table.js';
import { simulate } from '../simulation/simulate.js';
import {
  type PublishedFleet,
  type PublishedReport,
  type SimulatePublished,
  validatePublished,
} from '../validate/published.js';
import { EXIT_CODES, exitWith } from './exit.js';
import { openPageWork } from './page-work.js';
import {
  type RecordedFilesArguments,
  readRecordedFiles,
  recordedFilesOptions,
} from './recorded-files.js';
import { linkStepUsOf } from './run-options.js';

export const validatePublishedCommand: CommandModule<unknown, RecordedFilesArguments> = {
  command: 'published <file..>',
  describe: 'Simulate published migrations and compare',
  builder: (yargs) =>
    recordedFilesOptions(yargs, 'Published cases or traces (JSON); - is standard input'),
  handler: async ({ file: files, json }) => {
    const inputs = await readRecordedFiles('validate published', files);
    const pageWork = openPageWork(1);
    try {
      const run: SimulatePublished = async (which, seed) =>
        await simulate(await fleetOf(which), {
          seed,
          fidelity: 'chunk',
          pageWork,
          rounds: true,
          decisions: false,
          linkStepUs: linkStepUsOf(undefined),
        });
      const report = await validatePublished(inputs, run);
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
      exitWith(report.withinBounds ? EXIT_CODES.done : EXIT_CODES.failed);
    } finally {
      await pageWork.close();
    }
  },
};

/** The fleets stand beside the program, and can be read, traced and changed like any other. */
async function fleetOf(which: PublishedFleet): Promise<Fleet> {
  const file = fileURLToPath(
    new URL(`../../fleets/published/${which.fleet}.yaml`, import.meta.url),
  );
  const set = 'arm' in which ? [{ path: 'parameters.arm', value: which.arm }] : [];
  return (await loadFleet({ files: [file], set })).fleet;
}

function reportText(report: PublishedReport): string {
  const lines = [...vep291Lines(report), ...report.traces.flatMap(traceLines)];
  if (report.explained.length > 0) {
    const names = report.explained.map(escapeControls).join(', ');
    lines.push(`explained in docs/validation.md, not simulated here: ${names}`, '');
  }
  lines.push(report.withinBounds ? 'all within the bounds' : 'not within the bounds');
  return `${lines.join('\n')}\n`;
}

function vep291Lines({ vep291 }: PublishedReport): readonly string[] {
  if (vep291 === null) return [];
  const columns = ['figure', 'published', 'simulated', 'error', '', 'ramp, predicted'].map(
    (title, i) => ({ title, align: i === 0 ? 'left' : 'right' }) as const,
  );
  const rows = vep291.figures.map((one) => [
    one.name,
    number(one.published),
    number(one.simulated),
    percent(one.error),
    one.bound === null ? '-' : one.within ? 'within' : 'OUT',
    number(vep291.prediction[one.name]),
  ]);
  return ['VEP 291, downtime limit fixed at 300 ms', ...tableLines(columns, rows), ''];
}

function traceLines(trace: PublishedReport['traces'][number]): readonly string[] {
  const columns = ['round from s', '', 'remaining MiB', '', 'length s', ''].map(
    (title) => ({ title, align: 'right' }) as const,
  );
  const rows = trace.rounds.map((round) => [
    number(round.publishedAtSeconds),
    number(round.simulatedAtSeconds),
    number(round.publishedMiB),
    number(round.simulatedMiB),
    round.publishedSeconds === null ? '-' : number(round.publishedSeconds),
    round.publishedSeconds === null ? '-' : number(round.simulatedSeconds),
  ]);
  const { constantRate } = trace;
  const verdict = trace.within ? 'within' : 'OUT';
  return [
    `VEP 248, ${trace.name}: published beside simulated`,
    ...tableLines(columns, rows),
    `  worst errors: remaining ${percent(trace.worstRemainingError)}, length ${percent(trace.worstLengthError)}: ${verdict}`,
    `  a constant dirty rate: rounds imply ${number(constantRate.lowestMiBPerSecond)} to ${number(constantRate.highestMiBPerSecond)} MiB/s, so any is off by ${percent(constantRate.leastWorstError)} or more;`,
    `  with its own pass lengths the best one, ${number(constantRate.bestMiBPerSecond)} MiB/s, is off by ${percent(constantRate.bestWorstError)}`,
    '',
  ];
}

function number(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toFixed(1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
