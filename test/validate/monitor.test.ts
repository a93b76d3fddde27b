import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/fleet/input-error.js';
import { validateMonitor } from '../../src/validate/monitor.js';
import { sharedData } from '../shared-data.js';

const sample = readFileSync(
  fileURLToPath(new URL('../data/monitor/sample.jsonl', import.meta.url)),
  'utf8',
);
const vectors = sharedData('monitor/vectors.jsonl');

/** The sample with one line's object changed. */
function changed(kind: string, change: (vector: Record<string, unknown>) => void): string {
  const vectorsOfSample = sample
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const vector = vectorsOfSample.find((candidate) => candidate.kind === kind);
  if (vector === undefined) throw new Error(`no ${kind} in the sample`);
  change(vector);
  return vectorsOfSample.map((line) => JSON.stringify(line)).join('\n');
}

function problemOf(text: string): string {
  try {
    validateMonitor('v.jsonl', text);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return '';
}

describe('validate monitor', () => {
  it.skipIf(vectors === null)(
    'decides as KubeVirt on all 1,330 lines (skipped: no vectors)',
    () => {
      const result = validateMonitor('vectors.jsonl', readFileSync(vectors ?? '', 'utf8'));
      expect(result.differences).toEqual([]);
      expect([result.identical, result.lines]).toEqual([1330, 1330]);
    },
  );

  it('decides as KubeVirt on the sample, which has every kind', () => {
    const result = validateMonitor('sample.jsonl', `${sample}\n\n`);
    expect(result.differences).toEqual([]);
    expect(result.identical).toBe(result.lines);
    expect(result.kinds.map(({ kind }) => kind)).toEqual([
      'bandwidth',
      'cancel',
      'data-size',
      'detector',
      'disk-targets',
      'downtime-config',
      'failure-reason',
      'flags',
      'monitor',
      'params',
      'result-once',
      'volumes',
    ]);
  });

  it.each([
    ['flags', (v: Record<string, unknown>) => ({ ...(v.expect as object), flags: [] }), 'flags[0]'],
    ['data-size', () => ({ size: 77 }), 'size'],
    ['monitor', (v: Record<string, unknown>) => ({ ...(v.expect as object), final: {} }), 'final.'],
    ['downtime-config', () => ({ steps: 7 }), ''],
  ])('tells where a %s line differs', (kind, expectation, path) => {
    const text = changed(kind, (vector) => {
      vector.expect = expectation(vector);
    });
    const result = validateMonitor('v.jsonl', text);
    expect(result.lines - result.identical).toBe(1);
    expect(result.differences[0]?.kind).toBe(kind);
    expect(result.differences[0]?.path.startsWith(path)).toBe(true);
  });

  it('holds derived facts against the recording as well', () => {
    const text = changed('monitor', (vector) => {
      (vector.vmi as Record<string, unknown>).dataSize = 99;
    });
    expect(validateMonitor('v.jsonl', text).differences[0]?.path).toBe('vmi.dataSize');
  });

  it('refuses unknown kinds, bad fields and bad JSON with the line', () => {
    expect(problemOf(`${sample}{"kind":"flagz","id":"x"}`)).toMatch(
      /^v\.jsonl: kind \(\d+:1\): unknown kind "flagz"; known are bandwidth, cancel, /,
    );
    expect(problemOf('\n{"kind":"bandwidth","id":"x","input":{"quantity":3},"expect":{}}')).toMatch(
      /^v\.jsonl: input\.quantity \(2:1\): expected string, received number, found 3$/,
    );
    expect(problemOf('{"kind":"bandwidth","id":"x","input":{"quantity":"3"}}')).toMatch(
      /^v\.jsonl: expect \(1:1\): .*, found nothing$/,
    );
    expect(problemOf('{"id":"x"}')).toMatch(/^v\.jsonl: kind \(1:1\): .*, found nothing$/);
    expect(problemOf('{"kind":"bandwidth"')).toMatch(/^v\.jsonl: 1:1: not JSON: /);
    expect(problemOf('3')).toMatch(/^v\.jsonl: 1:1: /);
    expect(problemOf('\n \n')).toBe('v.jsonl: no vectors: every line is blank');
  });
});
