/** `sluice validate maxmin`: the link sharing against recorded exact solutions. */
import type { CommandModule } from 'yargs';
import { escapeControls } from '../fleet/input-error.js';
import { MAXMIN_BOUNDS, type MaxminReport, validateMaxmin } from '../validate/maxmin.js';
import { type MaxminCase, parseMaxminCases } from '../validate/maxmin-case.js';
import { EXIT_CODES, exitWith } from './exit.js';
import {
  type RecordedFilesArguments,
  readRecordedFiles,
  recordedFilesOptions,
} from './recorded-files.js';

export const validateMaxminCommand: CommandModule<unknown, RecordedFilesArguments> = {
  command: 'maxmin <file..>',
  describe: 'Hold the sharing of links against exact solutions (JSONL)',
  builder: (yargs) =>
    recordedFilesOptions(yargs, 'Cases, one JSON object a line; - is standard input'),
  handler: runValidateMaxmin,
};

async function runValidateMaxmin(args: RecordedFilesArguments): Promise<void> {
  const files = await readRecordedFiles('validate maxmin', args.file);
  const cases: MaxminCase[] = files.flatMap(({ file, text }) => parseMaxminCases(file, text));
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
