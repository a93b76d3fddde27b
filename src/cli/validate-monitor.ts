/** `sluice validate monitor FILE…`: KubeVirt's recorded decisions against this code's. */
import type { CommandModule } from 'yargs';
import { type MonitorValidation, validateMonitor } from '../validate/monitor.js';
import { EXIT_CODES, exitWith } from './exit.js';
import {
  type RecordedFilesArguments,
  readRecordedFiles,
  recordedFilesOptions,
} from './recorded-files.js';

/** Differences told per file; the counts tell of all. */
const DIFFERENCES_SHOWN = 10;

export const validateMonitorCommand: CommandModule<unknown, RecordedFilesArguments> = {
  command: 'monitor <file..>',
  describe: "Hold KubeVirt's recorded monitor decisions against this code's",
  builder: (yargs) =>
    recordedFilesOptions(yargs, 'Recorded decisions (JSON Lines); - is standard input'),
  handler: async ({ file: names, json }) => {
    const files = await readRecordedFiles('validate monitor', names);
    const results = files.map(({ file, text }) => ({ file, ...validateMonitor(file, text) }));
    const identical = results.every((result) => result.identical === result.lines);
    process.stdout.write(
      json
        ? `${JSON.stringify({ identical, files: results }, null, 2)}\n`
        : results.map((result) => resultText(result.file, result)).join(''),
    );
    exitWith(identical ? EXIT_CODES.done : EXIT_CODES.failed);
  },
};

function resultText(file: string, result: MonitorValidation): string {
  const lines = [
    `${file}: ${result.identical} of ${result.lines} identical`,
    ...result.kinds.map(
      ({ kind, lines: total, identical }) =>
        `  ${kind.padEnd(16)}${String(identical).padStart(6)} of ${String(total).padStart(6)}`,
    ),
    ...result.differences
      .slice(0, DIFFERENCES_SHOWN)
      .map(
        ({ line, id, kind, path, expected, got }) =>
          `  line ${line} (${kind} ${id}): ${path}: expected ${expected}, got ${got}`,
      ),
  ];
  const more = result.differences.length - DIFFERENCES_SHOWN;
  if (more > 0) lines.push(`  … and ${more} more lines that differ`);
  return `${lines.join('\n')}\n`;
}
