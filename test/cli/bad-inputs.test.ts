/** Every row of bad-inputs/INDEX.md, answered by the built command. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedData } from '../shared-data.js';
import { sluiceInSession } from './session.js';
import { type Answer, buildFirst, inFolder, treeOf } from './sluice.js';

type Verdict = 'accept' | 'reject';

/** What the line on standard error must tell, behind the file's name. */
const TABLE: readonly (readonly [string, Verdict, RegExp | null])[] = [
  ['00-good-baseline.json', 'accept', null],
  ['01-empty.json', 'reject', /empty/],
  ['02-whitespace.json', 'reject', /white space/],
  ['03-truncated.json', 'reject', /\d+:\d+.*(ends early|end)/],
  ['04-truncated-gzip.json.gz', 'reject', /gzip/],
  ['05-not-json.html', 'reject', /HTML/],
  ['06-kubectl-error.txt', 'reject', /kubectl/],
  ['07-wrong-kind.json', 'reject', /ConfigMap/],
  ['08-kind-not-string.json', 'reject', /items\[0\]\.kind.*expected a string.*array/],
  ['09-items-not-array.json', 'reject', /items.*expected an array.*object/],
  ['10-item-null.json', 'reject', /items\[0\].*expected an object.*null/],
  ['11-negative-quantity.json', 'reject', /items\[2\]\.spec\.domain\.memory\.guest.*"-8Gi"/],
  ['12-nan-quantity.json', 'reject', /items\[2\]\.spec\.domain\.memory\.guest.*"NaN"/],
  ['13-overflow-quantity.json', 'reject', /items\[2\]\.spec\.domain\.memory\.guest.*2\^63/],
  ['14-exponent-bomb-quantity.json', 'reject', /items\[2\]\.spec\.domain\.memory\.guest.*1e9999/],
  ['15-bad-suffix-quantity.json', 'reject', /"16 GB".*did you mean 16G or 16Gi/],
  ['16-quantity-is-number.json', 'accept', null],
  ['17-quantity-is-object.json', 'reject', /items\[2\]\.spec\.domain\.memory\.guest.*object/],
  ['18-proto-keys.json', 'reject', /__proto__/],
  ['19-duplicate-keys.json', 'reject', /items\[2\]\.spec\.domain\.memory\.guest.*3 times/],
  ['20-invalid-utf8.json', 'reject', /UTF-8.*\d+/],
  ['21-utf16le-bom.json', 'reject', /UTF-16/],
  ['22-utf8-bom.json', 'accept', null],
  ['23-directory.json', 'reject', /directory|folder/],
  ['24-nested-5000.json', 'reject', /nested deeper/],
  ['25-alias-bomb.yaml', 'reject', /alias/],
  ['26-yaml-tags.yaml', 'reject', /tag/],
  ['27-yaml-recursive-anchor.yaml', 'reject', /items\[0\]\.self|alias/],
  ['28-yaml-merge-and-norway.yaml', 'reject', /items\[0\]/],
  ['29-yaml-tab-indent.yaml', 'reject', /4.*tab|tab.*4/],
  ['30-formula-cells.csv', 'reject', /./],
  ['31-prom-error.json', 'reject', /Prometheus.*error/],
  ['32-prom-wrong-metric.json', 'reject', /data\.result\[0\]\.metric.*up/],
  ['33-prom-scalar-and-nan.json', 'reject', /data\.resultType.*scalar/],
  ['34-prom-values-odd.json', 'accept', /NaN.*negative|negative.*NaN/],
  ['35-json-nan-literal.json', 'reject', /\d+:\d+.*NaN/],
  ['36-trailing-garbage.json', 'reject', /\d+:\d+.*(after|end)/],
  ['37-duplicate-nodes.json', 'reject', /items\[1\].*wrk-a1.*items\[0\]/],
  ['38-overcommitted-and-timetravel.json', 'accept', /9000 GiB requested/],
  ['39-names-with-markup.json', 'reject', /items\[2\]\.metadata\.namespace.*etc/],
  ['40-number-edges.json', 'reject', /parallelMigrationsPerCluster.*4294967296/],
];

/** Given as `--dirty-rates`, beside the good dump. */
const RATES = /^(30|31|32|33|34)-/;

const folder = sharedData('bad-inputs');
const answers = new Map<string, Answer & { readonly changed: boolean }>();

async function ask(file: string): Promise<void> {
  await inFolder(async (cwd) => {
    mkdirSync(join(cwd, 'out'));
    writeFileSync(join(cwd, 'out/migrations.csv'), 'as it was\n');
    const before = treeOf(cwd);
    const path = join(folder ?? '', file);
    const good = join(folder ?? '', '00-good-baseline.json');
    const input = RATES.test(file) ? [good, '--dirty-rates', path] : [path];
    const args = ['run', ...input, '--out', 'out', '--threads', '1', '--quiet'];
    const answer = await sluiceInSession(args, { cwd });
    answers.set(file, { ...answer, changed: before.join() !== treeOf(cwd).join() });
  });
}

describe.skipIf(folder === null)('bad inputs (skipped where ../shared/data is absent)', () => {
  beforeAll(async () => {
    buildFirst();
    const before = treeOf(folder ?? '');
    const left = TABLE.map(([file]) => file);
    const askNext = async (): Promise<void> => {
      for (let file = left.shift(); file !== undefined; file = left.shift()) await ask(file);
    };
    await Promise.all([askNext(), askNext()]);
    expect(treeOf(folder ?? '')).toEqual(before);
  }, 120_000);

  it.each(TABLE.filter(([, verdict]) => verdict === 'reject'))(
    '%s is rejected',
    (file, _, line) => {
      const answer = answers.get(file);
      expect(answer).toMatchObject({ code: 2, stdout: '', changed: false });
      expect(answer?.stderr.split('\n')).toHaveLength(2);
      expect(answer?.stderr).toMatch(line ?? /./);
      expect(answer?.stderr).toContain(basename(file));
      expectNoControls(answer?.stderr ?? '');
    },
  );

  it.each(TABLE.filter(([, verdict]) => verdict === 'accept'))(
    '%s is accepted',
    (file, _, line) => {
      const answer = answers.get(file);
      expect(answer?.code).toBe(0);
      expect(answer?.changed).toBe(true);
      expect(answer?.stderr).toMatch(line ?? /^/);
      for (const told of (answer?.stderr ?? '').trimEnd().split('\n')) {
        expect(told).toMatch(/^\S+: (\S+: )?warning: \S/);
      }
      expectNoControls(answer?.stderr ?? '');
    },
  );
});

function expectNoControls(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|\n {4}at /);
}
