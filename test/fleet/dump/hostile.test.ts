import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fleetFromDump } from '../../../src/fleet/dump/fleet-from-dump.js';
import { InputError } from '../../../src/fleet/input-error.js';
import { loadDocument } from '../../../src/fleet/load/document.js';
import { sharedData } from '../../shared-data.js';

const folder = sharedData('bad-inputs');

/** What INDEX.md's row asks for: the line after the file name, or `accept` and its warnings. */
const ANSWERS: Readonly<Record<string, RegExp | readonly RegExp[]>> = {
  '00': [],
  '01': /^file is empty$/,
  '02': /^file holds only white space$/,
  '03': /^427:3: JSON ends early/,
  '04': /^gzip stream ends early/,
  '05': /^neither JSON nor YAML objects: looks like HTML/,
  '06': /^no Kubernetes objects: line 1 is a kubectl message/,
  '07': /^no Node and no VirtualMachineInstance found \(kinds seen: ConfigMap\)$/,
  '08': /^items\[0\]\.kind \(\d+:\d+\): expected a string, found an array$/,
  '09': /^items \(\d+:\d+\): expected an array, found an object$/,
  '10': /^items\[0\] \(\d+:\d+\): expected an object, found null$/,
  '11': /^items\[2\]\.spec\.domain\.memory\.guest \(\d+:\d+\): "-8Gi": memory must be positive$/,
  '12': /guest \(\d+:\d+\): "NaN" is not a Kubernetes quantity$/,
  '13': /guest \(\d+:\d+\): ".*": larger than 2\^63-1 bytes$/,
  '14': /guest \(\d+:\d+\): "1e999999999": exponent out of range$/,
  '15': /guest .*"16 GB" is not a Kubernetes quantity \(did you mean 16G or 16Gi\?\)$/,
  '16': [],
  '17': /guest \(\d+:\d+\): expected a quantity, found an object$/,
  '18': /^items\[1\]\.metadata\.name \(\d+:\d+\): "__proto__" is not a Kubernetes name$/,
  '19': /guest \(\d+:\d+\): key appears 3 times$/,
  '20': /^not valid UTF-8 at byte offset 643$/,
  '21': /^file is UTF-16; save it as UTF-8$/,
  '22': [],
  '23': /^is a directory, not a file$/,
  '24': /^1:\d+: nested deeper than the limit/,
  '25': /too many YAML aliases/,
  '26': /^items\[0\] \(4:\d+\): YAML tag !!python\/object\/apply:os\.system is not allowed$/,
  '27': /^items\[0\]\.self \(6:\d+\): alias refers to one of its own ancestors$/,
  '28': /labels\.rack \(\d+:\d+\): expected a string, found the number 10 \(quote it\)$/,
  '29': /^4:1: a tab cannot indent YAML$/,
  '30': /^neither JSON nor YAML objects: looks like CSV/,
  '31': /Prometheus answered with an error: invalid parameter "query"/,
  '32': /^data\.result\[0\]\.metric\.__name__ .*up is not kubevirt_vmi_dirty_rate_bytes_per_second$/,
  '33': /^data\.resultType \(\d+:\d+\): scalar, expected vector or matrix$/,
  '34': [/samples skipped: 1 NaN, 1 infinite, 1 negative, 1 not a timestamp/],
  '35': /^269:10: NaN is not JSON$/,
  '36': /^733:1: text after the end of the JSON value$/,
  '37': /^items\[1\] \(\d+:\d+\): Node wrk-a1 appears twice \(first at items\[0\]\)$/,
  '38': [
    /creationTimestamp is not a date/,
    /node wrk-a1: 9000 GiB requested, 437\.9 GiB allocatable/,
  ],
  '39': /^items\[2\]\.metadata\.namespace \(\d+:\d+\): "\.\.\/\.\.\/etc" is not a Kubernetes name$/,
  '40': /parallelMigrationsPerCluster \(\d+:\d+\): 4294967296 does not fit uint32$/,
};

/** Metrics and the CSV are given as dirty rates beside the good dump. */
async function answer(directory: string, name: string): Promise<string | readonly string[]> {
  const file = join(directory, name);
  try {
    const isMetrics = name >= '30' && name < '35';
    const baseline = join(directory, '00-good-baseline.json');
    const dump = await loadDocument(isMetrics ? baseline : file);
    const inputs = isMetrics ? { dirtyRates: await loadDocument(file) } : {};
    return fleetFromDump([dump], inputs, 'x').warnings.map(({ message }) => message);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).not.toContain('\n');
    expect(error.message.startsWith(`${file}: `)).toBe(true);
    return error.message.slice(file.length + 2);
  }
}

describe.skipIf(folder === null)('shared/data/bad-inputs (skipped where it is absent)', () => {
  const directory = folder ?? '';
  const names =
    folder === null
      ? []
      : readdirSync(folder)
          .filter((name) => /^\d\d-/.test(name))
          .sort();

  it('has no file without an answer here', () => {
    expect(names.map((name) => name.slice(0, 2))).toEqual(Object.keys(ANSWERS).sort());
  });

  it.each(names)('%s', async (name) => {
    const expected = ANSWERS[name.slice(0, 2)] ?? /^$/;
    const actual = await answer(directory, name);
    if (expected instanceof RegExp) {
      expect(actual).toMatch(expected);
    } else {
      if (typeof actual === 'string') throw new Error(`refused: ${actual}`);
      for (const warning of expected) expect(actual.join('\n')).toMatch(warning);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
