import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisOf, scenarioCount, scenariosOf } from '../../src/plan/scenario-grid.js';

describe('--set PATH=V1,V2', () => {
  it('is split at its own commas only', () => {
    const read = (value: string) => axisOf({ path: 'a.b', value }).values;
    expect(read('1, 2,3Gi')).toEqual(['1', '2', '3Gi']);
    expect(read('[a, b],[c]')).toEqual(['[a, b]', '[c]']);
    expect(read('{ a: 1, b: 2 }')).toEqual(['{ a: 1, b: 2 }']);
    expect(read('"a,b",\'c,d\'')).toEqual(['"a,b"', "'c,d'"]);
    expect(() => read('1,,2')).toThrow('--set: a.b: "1,,2" lists an empty value');
  });

  it('gives every combination once, the last turning fastest', () => {
    const axis = fc.array(fc.integer().map(String), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(axis, { maxLength: 4 }), (lists) => {
        const axes = lists.map((values, at) => ({ path: `p${at}`, values: [...new Set(values)] }));
        const scenarios = [...scenariosOf(axes)];
        expect(scenarios).toHaveLength(scenarioCount(axes));
        const told = scenarios.map(({ settings }) => JSON.stringify(settings));
        expect(new Set(told).size).toBe(told.length);
        expect(scenarios.map(({ number }) => number)).toEqual(told.map((_, at) => at + 1));
      }),
    );
    const two = ['1', '2'];
    const grid = scenariosOf([
      { path: 'a', values: two },
      { path: 'b', values: two },
    ]);
    const values = [...grid].map(({ settings }) => settings.map(({ value }) => value).join(''));
    expect(values).toEqual(['11', '12', '21', '22']);
  });
});
