/** `sluice validate maxmin`: the link sharing against recorded exact solutions. */
import type { Argv, CommandModule } from 'yargs';
import { escapeControls, InputError } from '../fleet/input-error.js';
import { decodeText } from '../fleet/load/decode-text.js';
import { readInputBytes } from '../fleet/load/read-bytes.js';
import { MAXMIN_BOUNDS, type MaxminReport, validateMaxmin } from '../validate/maxmin.js';
import { type MaxminCase, parseMaxminCases } from '../validate/maxmin-case.js';
import { EXIT_CODES, exitWith } from './exit.js';

interface ValidateMaxminArguments {
  readonly file: readonly string[];
  readonly json: boolean;
}

export const validateMaxminCommand: CommandModule<object, ValidateMaxminArguments> = {
  command: 'maxmin <file..>',
  describe: 'Hold the sharing of links against exact solutions (JSONL)',
  builder: (yargs) =>
    yargs
      .positional('file', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Cases, one JSON object a line; - for standard input',
      })
      .options({
        json: { type: 'boolean', default: false, describe: 'Print the report as JSON' },
      }) as unknown as Argv<ValidateMaxminArguments>,
  handler: runValidateMaxmin,
};

async function runValidateMaxmin(args: ValidateMaxminArguments): Promise<void> {
  // yargs passes an empty list when it drops an argument: nothing held is not "all within bounds".
  if (args.file.length === 0) throw new InputError('validate maxmin', '', 'names no file');
  const cases: MaxminCase[] = [];
  for (const file of args.file) {
    cases.push(...parseMaxminCases(file, decodeText(file, await readInputBytes(file))));
  }
  const report = validateMaxmin(cases, () => performance.now());
  process.stdout.write(args.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  exitWith(report.withinBounds ? EXIT_CODES.done : EXIT_CODES.failed);
}

function reportText(report: MaxminReport): string {
  const { worstRelative, worstShortSeconds } = report;
  const lines = [`${report.cases.length} cases, ${report.flows} flows, ${report.changes} changes`];
  if (worstRelative !== null) {
    const where = `${escapeControls(worstRelative.case)}, flow ${worstRelative.flow}`;
    const bound = `bound ${MAXMIN_BOUNDS.relative}`;
    lines.push(`worst relative error    ${exponent(worstRelative.error)}  (${where}; ${bound})`);
  }
  if (worstShortSeconds !== null) {
    const where = `${escapeControls(worstShortSeconds.case)}, flow ${worstShortSeconds.flow}`;
    const bound = `bound ${MAXMIN_BOUNDS.absoluteSeconds} s`;
    lines.push(
      `worst error under 1 s   ${exponent(worstShortSeconds.error)} s  (${where}; ${bound})`,
    );
  }
  lines.push(
    `median relative error   ${exponent(report.medianRelative)}`,
    `time per change         ${report.microsecondsPerChange.toFixed(2)} µs`,
  );
  for (const failing of report.cases.filter((one) => one.failed > 0)) {
    const name = escapeControls(failing.case);
    lines.push(`out of bounds: ${name}: ${failing.failed} of ${failing.flows} flows`);
  }
  lines.push(
    report.withinBounds ? 'all within the bounds' : `${report.failed} flows out of bounds`,
  );
  return `${lines.join('\n')}\n`;
}

function exponent(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}
