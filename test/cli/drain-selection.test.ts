import { describe, expect, it } from 'vitest';
import { drainHint, selectDrain } from '../../src/cli/drain-selection.js';
import { buildFleet } from '../fleet-builder.js';

const fleet = buildFleet({
  nodes: [
    { name: 'wrk-a1', labels: { rack: 'a', role: 'worker', 'example.com/name': 'a1' } },
    { name: 'wrk-b1', labels: { rack: 'b', role: 'worker' } },
    { name: 'sto-b1', labels: { rack: 'b' } },
  ],
});

function drained(drain: readonly string[], selector?: string): readonly string[] {
  return selectDrain(fleet, { drain, selector }).drain.nodes;
}

describe('selectDrain', () => {
  it('leaves the fleet as it is when nothing is chosen', () => {
    expect(selectDrain(fleet, { drain: [], selector: undefined })).toBe(fleet);
  });

  it('takes names by commas and repeats, each once, in the order given', () => {
    expect(drained(['wrk-b1,wrk-a1', 'wrk-b1'])).toEqual(['wrk-b1', 'wrk-a1']);
  });

  it('takes equality-based label selectors, and adds them to names', () => {
    expect(drained([], 'rack=b')).toEqual(['sto-b1', 'wrk-b1']);
    expect(drained([], 'rack==b,role')).toEqual(['wrk-b1']);
    expect(drained([], 'role!=worker')).toEqual(['sto-b1']);
    expect(drained([], '!role')).toEqual(['sto-b1']);
    expect(drained(['wrk-a1'], '!role')).toEqual(['wrk-a1', 'sto-b1']);
  });

  it('says what was meant where a name or label is unknown', () => {
    expect(() => drained(['wrk-a2'])).toThrow(
      '--drain: no node "wrk-a2" in this fleet; did you mean',
    );
    expect(() => drained(['elsewhere'])).toThrow(
      /^--drain: no node "elsewhere" in this fleet \(nodes: \S+(, \S+)*\)$/,
    );
    expect(() => drained([','])).toThrow('--drain: "," names no node');
    expect(() => drained([], 'rack=c')).toThrow(
      '--drain-selector: no node has "rack=c" (values seen: a, b)',
    );
    expect(() => drained([], 'name=b')).toThrow('(labels: example.com/name)');
    expect(() => drained([], 'rak=b')).toThrow('did you mean "rack"');
    expect(() => drained([], 'toString')).toThrow('no node has "toString"');
    expect(() => drained([], '!rack=b')).toThrow('"!rack=b" is not LABEL=VALUE');
    expect(() => drained([], 'rack in (a)')).toThrow('is not LABEL=VALUE');
  });
});

describe('drainHint', () => {
  const guests = ['wrk-a1', 'wrk-b1'].map((node, i) => ({ name: `g${i}`, node }));

  it('names nodes with guests and a rack, cordoned ones before all', () => {
    const { nodes } = fleet;
    const hinted = buildFleet({ nodes, guests });
    expect(drainHint(hinted)).toBe('--drain wrk-a1,wrk-b1, or --drain-selector rack=a');
    const cordoned = nodes.map((node) => ({ ...node, cordoned: node.name === 'wrk-b1' }));
    expect(drainHint(buildFleet({ nodes: cordoned, guests }))).toBe(
      '--drain wrk-b1 (cordoned), or --drain-selector rack=b',
    );
  });

  it('has only the form where no node has a guest', () => {
    expect(drainHint({ ...fleet, guests: [] })).toMatch(/^--drain NODE,… or /);
  });
});
