/** `sluice report`: one HTML file from the CSV of a run, or of two side by side. */
import { basename, dirname, join, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { escapeControls, InputError } from '../fleet/input-error.js';
import { readRun } from '../outcome/report/read-run.js';
import { reportHtml } from '../outcome/report/report-html.js';
import { checkOutputFolder, textFile, writeWholeFiles } from '../outcome/whole-files.js';
import { type GivenOption, singleValue } from './option-values.js';

interface ReportArguments {
  readonly folder: readonly string[];
  readonly out?: GivenOption;
}

export const reportCommand: CommandModule<object, ReportArguments> = {
  command: 'report <folder..>',
  describe: 'Make one HTML page of the folder of a run, or of two side by side',
  builder: (yargs) =>
    yargs
      .positional('folder', { type: 'string', array: true, describe: '--out of a run, or two' })
      .options({
        out: {
          alias: 'o',
          type: 'string',
          requiresArg: true,
          describe: 'The page [default: report.html in the (first) folder, comparison.html of two]',
        },
      })
      .example([
        ['$0 report out', 'writes out/report.html, to open in any browser'],
        ['$0 report before after -o both.html', 'two runs side by side'],
      ]) as never,
  handler: report,
};

async function report(args: ReportArguments): Promise<void> {
  const [first = '', second, ...more] = args.folder.map(String);
  if (more.length > 0) {
    throw new InputError(
      'sluice',
      '',
      'report takes one folder, or two (see sluice report --help)',
    );
  }
  const folders = second === undefined ? [first] : [first, second];
  const given = singleValue('--out', args.out);
  const file = given ?? join(first, second === undefined ? 'report.html' : 'comparison.html');
  process.stdout.write(`Wrote ${escapeControls(await writeReport(folders, file))}\n`);
}

/** A page over a table of the run that it is of would be the last that one sees of it. */
function refuseOwnTable(folders: readonly string[], file: string): void {
  const isInside = folders.some((folder) => resolve(folder) === resolve(dirname(file)));
  if (!isInside || /\.html?$/i.test(file)) return;
  throw new InputError(file, '', 'lies among the tables of the run; a page there ends in .html');
}

/** @returns the file's name */
async function writeReport(folders: readonly string[], file: string): Promise<string> {
  refuseOwnTable(folders, file);
  await checkOutputFolder(dirname(file));
  const runs = [];
  for (const folder of folders) runs.push(await readRun(folder));
  const html = await reportHtml(runs);
  await writeWholeFiles(dirname(file), [textFile(basename(file), html)]);
  return file;
}
