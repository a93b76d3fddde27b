/** The files that `sluice validate` holds the model against: their option, and their text. */
import type { Argv } from 'yargs';
import { InputError } from '../fleet/input-error.js';
import { decodeText } from '../fleet/load/decode-text.js';
import { readInputBytes } from '../fleet/load/read-bytes.js';

export interface RecordedFilesArguments {
  readonly file: readonly string[];
  readonly json: boolean;
}

/** `FILE…` and `--json`; `describe` says what the files hold. */
export function recordedFilesOptions(
  yargs: Argv<unknown>,
  describe: string,
): Argv<RecordedFilesArguments> {
  return yargs
    .positional('file', { type: 'string', array: true, demandOption: true, describe })
    .options({
      json: { type: 'boolean', default: false, describe: 'Print the report as JSON' },
    }) as unknown as Argv<RecordedFilesArguments>;
}

/** The text of each file, in order; `-` is standard input. */
export async function readRecordedFiles(
  command: string,
  files: readonly string[],
): Promise<readonly { readonly file: string; readonly text: string }[]> {
  // An empty list must not read as "all within the bounds".
  if (files.length === 0) throw new InputError(command, '', 'names no file');
  const read: { file: string; text: string }[] = [];
  for (const file of files) {
    read.push({ file, text: decodeText(file, await readInputBytes(file)) });
  }
  return read;
}
