import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/fleet/input-error.js';
import { validateMaxmin } from '../../src/validate/maxmin.js';
import { parseMaxminCases } from '../../src/validate/maxmin-case.js';
import { replayMaxmin } from '../../src/validate/maxmin-replay.js';
import { sharedData } from '../shared-data.js';

const HAND = {
  case: 'hand',
  links: [{ id: 'l0', capacity: 1000 }],
  flows: [
    { start: 0, bytes: 10000, route: [0], cap: 200 },
    { start: 0, bytes: 10000, route: [0], cap: null },
    { start: 20, bytes: 0, route: [0], cap: null },
  ],
  finish: [50, 12.5, 20],
};

const parse = (value: unknown) => parseMaxminCases('cases.jsonl', JSON.stringify(value));
const stopped = () => 0;

describe('validate maxmin', () => {
  it('replays a case worked by hand', () => {
    expect(replayMaxmin(parse(HAND)[0])).toEqual([50, 12.5, 20]);
    expect(validateMaxmin(parse(HAND), stopped)).toMatchObject({
      flows: 3,
      failed: 0,
      changes: 6,
      withinBounds: true,
      worstRelative: { error: 0 },
      worstShortSeconds: { flow: 2, error: 0 },
    });
  });

  it('starts a flow at the instant at which another ends without sharing', () => {
    const [one] = parse({
      ...HAND,
      flows: [
        { start: 0, bytes: 1000, route: [0], cap: null },
        { start: 1, bytes: 1000, route: [0], cap: null },
      ],
      finish: [1, 2],
    });
    expect(replayMaxmin(one)).toEqual([1, 2]);
  });

  it('shares by weight', () => {
    const [one] = parse({
      ...HAND,
      flows: [
        { start: 0, bytes: 6000, route: [0], cap: null, weight: 3 },
        { start: 0, bytes: 4000, route: [0], cap: null, weight: 1 },
      ],
      finish: [8, 10],
    });
    expect(replayMaxmin(one)).toEqual([8, 10]);
  });

  it('fails what is out of bounds, and names the worst flow', () => {
    const report = validateMaxmin(parse({ ...HAND, finish: [50, 12.5 * (1 + 3e-9), 20] }), stopped);
    expect(report).toMatchObject({ withinBounds: false, failed: 1, worstRelative: { flow: 1 } });
    expect(report.worstRelative?.error).toBeCloseTo(3e-9, 12);
  });

  it('bounds flows shorter than a second in seconds', () => {
    const flows = [{ start: 0, bytes: 10, route: [0], cap: null }];
    const at = (finish: number) =>
      validateMaxmin(parse({ ...HAND, flows, finish: [finish] }), stopped);
    expect(at(0.0100000009)).toMatchObject({ withinBounds: true, worstRelative: null });
    expect(at(0.010000002).withinBounds).toBe(false);
  });

  it('times the replay by the clock given', () => {
    let now = 0;
    const report = validateMaxmin(parse(HAND), () => {
      now += 3;
      return now;
    });
    expect(report.microsecondsPerChange).toBe(500);
  });

  it.each([
    ['{', 'cases.jsonl: 1:1: should be one JSON object a line'],
    ['', 'cases.jsonl: holds no case'],
    ['\n[]', 'cases.jsonl: 2:1: [] should be an object'],
    [{ ...HAND, links: 3 }, 'links (1:1): 3 should be a list'],
    [
      { ...HAND, links: [{ capacity: -1 }] },
      'links[0].capacity (1:1): -1 should be bytes a second',
    ],
    [{ ...HAND, finish: [1] }, 'finish (1:1): 1 should be as many entries as flows (3)'],
    [{ ...HAND, finish: [1, 2, 'x'] }, 'finish[2] (1:1): "x" should be a number of seconds'],
    [
      { ...HAND, flows: [{ ...HAND.flows[0], route: [1] }] },
      'flows[0].route[0] (1:1): 1 should be',
    ],
    [
      { ...HAND, flows: [{ ...HAND.flows[0], route: [0, 0] }] },
      'flows[0].route[1] (1:1): 0 should',
    ],
    [{ ...HAND, flows: [{ ...HAND.flows[0], weight: 0 }] }, 'flows[0].weight (1:1): 0 should be'],
    [{ ...HAND, flows: [{ ...HAND.flows[0], bytes: 1.5 }] }, 'flows[0].bytes (1:1): 1.5 should be'],
    [{ ...HAND, flows: [{ ...HAND.flows[0], cap: 0 }] }, 'flows[0].cap (1:1): 0 should be bytes'],
  ])('refuses %j', (input, message) => {
    const text = typeof input === 'string' ? input : JSON.stringify(input);
    expect(() => parseMaxminCases('cases.jsonl', text)).toThrow(InputError);
    expect(() => parseMaxminCases('cases.jsonl', text)).toThrow(message);
  });

  for (const [name, count] of [
    ['cases.jsonl', 43],
    ['weighted.jsonl', 14],
  ] as const) {
    const path = sharedData(`maxmin/${name}`);
    it.skipIf(path === null)(`holds every case of shared/data/maxmin/${name} (if there)`, () => {
      const cases = parseMaxminCases(name, readFileSync(path as string, 'utf8'));
      const report = validateMaxmin(cases, stopped);
      expect(report.cases).toHaveLength(count);
      expect(report.cases.filter((one) => one.failed > 0)).toEqual([]);
      expect(report.withinBounds).toBe(true);
    });
  }
});
