/** `sluice validate monitor FILE…`: KubeVirt's recorded decisions against this code's. */
import type { CommandModule } from 'yargs';
import { InputError } from '../fleet/input-error.js';
import { decodeText } from '../fleet/load/decode-text.js';
import { readInputBytes } from '../fleet/load/read-bytes.js';
import { type MonitorValidation, validateMonitor } from '../validate/monitor.js';
import { EXIT_CODES, exitWith } from './exit.js';

/** Differences told per file; the counts tell of all. */
const DIFFERENCES_SHOWN = 10;

interface MonitorArguments {
  readonly file: readonly string[];
  readonly json: boolean;
}

export const validateMonitorCommand: CommandModule<unknown, MonitorArguments> = {
  command: 'monitor <file..>',
  describe: "Hold KubeVirt's recorded monitor decisions against this code's",
  builder: (yargs) =>
    yargs
      .positional('file', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'recorded decisions (JSON Lines); - is standard input',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print the result as JSON' }),
  handler: async ({ file: files, json }) => {
    // yargs passes an empty list when it drops an argument: nothing held is not "all identical".
    if (files.length === 0) throw new InputError('validate monitor', '', 'names no file');
    const results: (MonitorValidation & { readonly file: string })[] = [];
    for (const file of files) {
      const text = decodeText(file, await readInputBytes(file));
      results.push({ file, ...validateMonitor(file, text) });
    }
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
