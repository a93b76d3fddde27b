/** Scenarios without a browser: links, fleets, what is drawn and said of a trace. */
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { fleetToFile } from '../../src/fleet/file/export.js';
import { fleetFromFile } from '../../src/fleet/file/fleet-file.js';
import { parseDocument } from '../../src/fleet/load/document.js';
import { loadFleet } from '../../src/fleet/load/load-fleet.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { decisionWords } from '../../src/outcome/decision-words.js';
import { BASE_SOURCES } from '../../src/playground/bases.js';
import { monitorLimits } from '../../src/playground/monitor-limits.js';
import { runScenario } from '../../src/playground/run-scenario.js';
import { type Base, linkOf, readLink } from '../../src/playground/scenario.js';
import { fleetOf, guestOf, previewOf, settingsOf } from '../../src/playground/scenario-fleet.js';
import { SETTINGS, type Settings, stepAt } from '../../src/playground/settings.js';
import { answerOf } from '../../src/playground/trace-answer.js';
import { seriesOf } from '../../src/playground/trace-series.js';
import { buildFirst, root } from '../cli/sluice.js';

const bases: Base[] = [];

beforeAll(async () => {
  buildFirst();
  for (const { file, parameter, ...base } of BASE_SOURCES) {
    const set =
      parameter === null ? [] : [{ path: `parameters.${parameter.name}`, value: parameter.value }];
    const { fleet } = await loadFleet({ files: [join(root, 'fleets', file)], set });
    bases.push({ ...base, fleet });
  }
}, 120_000);

const baseOf = (id: string): Base => bases.find((base) => base.id === id) as Base;

/** Any place of any slider, and which base (they are known only once loaded). */
const anySettings = fc.record({
  base: fc.nat(BASE_SOURCES.length - 1),
  steps: fc.dictionary(fc.constantFrom(...SETTINGS.map(({ key }) => key)), fc.nat(1000)),
});

function moved(base: Base, steps: Readonly<Record<string, number>>): Settings {
  const changed = SETTINGS.flatMap(({ key, steps: all }) => {
    const step = steps[key];
    return step === undefined ? [] : [[key, all[step % all.length]]];
  });
  return { ...settingsOf(base), ...Object.fromEntries(changed) };
}

describe('a scenario', () => {
  it('that nobody changed is its base, as the file has it', () => {
    for (const base of bases) {
      expect(fleetOf({ base, settings: settingsOf(base) })).toBe(base.fleet);
    }
  });

  it('is whole pages that add up, and a fleet file that reads back as the same fleet', () => {
    fc.assert(
      fc.property(anySettings, ({ base: index, steps }) => {
        const base = bases[index] as Base;
        const fleet = fleetOf({ base, settings: moved(base, steps) });
        const { workload, memoryBytes } = guestOf(fleet);
        const regions = workload.kind === 'regions' ? workload.regions : [];
        expect(regions.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(memoryBytes);
        for (const { bytes } of regions) expect(bytes % 4096).toBe(0);
        const read = fleetFromFile(parseDocument('playground.yaml', fleetToFile(fleet))).fleet;
        const withoutOrigin = (one: typeof fleet) => ({
          ...one,
          guests: one.guests.map((guest) => ({ ...guest, origin: '' })),
        });
        expect(withoutOrigin(read)).toEqual(withoutOrigin(fleet));
      }),
      { numRuns: 60, seed: 8 },
    );
  });

  it('fits into a link, and comes back from it', () => {
    fc.assert(
      fc.property(anySettings, ({ base: index, steps }) => {
        const base = bases[index] as Base;
        const settings = moved(base, steps);
        const link = readLink(`#${linkOf({ base, settings }, settingsOf(base))}`);
        expect(link).toMatchObject({ baseId: base.id, problems: [] });
        expect({ ...settingsOf(base), ...link.changed }).toEqual(settings);
      }),
      { seed: 9 },
    );
  });

  it('says what it does not understand of a link', () => {
    const { changed, problems } = readLink('#memoryMiB=abc&nic=3&seed=1e9&neighbours=2');
    expect(changed).toEqual({ seed: 100, neighbours: 2 });
    expect(problems).toHaveLength(3);
  });

  it('changes what its setting says', () => {
    const base = baseOf('oltp');
    const own = settingsOf(base);
    const of = (settings: Partial<Settings>) =>
      fleetOf({ base, settings: { ...own, ...settings } });
    expect(of({ postCopy: 1 }).kubevirt.migrations.allowPostCopy).toBe(true);
    expect(of({ linkMbit: 8000 }).network.nics[0]?.bytesPerSecond).toBe(1e9);
    expect(of({ neighbours: 3 }).network.background).toHaveLength(2);
    expect(of({ downtimeTuning: 1 }).policies).toHaveLength(1);
    const busy = guestOf(of({ burstEverySeconds: 60 })).workload;
    expect(busy.kind === 'regions' && busy.regions[0]?.phases.length).toBe(2);
  });

  it('has a slider that stands where the setting is', () => {
    for (const setting of SETTINGS) {
      for (const [i, step] of setting.steps.entries()) expect(stepAt(setting, step)).toBe(i);
    }
  });
});

describe('a trace', () => {
  const kernels = () => loadKernels();
  const traceOfBase = (id: string, settings: Partial<Settings> = {}) => {
    const base = baseOf(id);
    const fleet = fleetOf({ base, settings: { ...settingsOf(base), ...settings } });
    return runScenario(kernels(), { fleet, seed: 1, fidelity: 'chunk' });
  };

  it('is told by how it ends', async () => {
    const kindOf = async (id: string, settings: Partial<Settings> = {}) =>
      answerOf(await traceOfBase(id, settings));
    expect(await kindOf('oltp')).toMatchObject({
      kind: 'good',
      headline: expect.stringMatching(/^Converges in /),
    });
    const never = { linkMbit: 1000, completionTimeoutPerGiB: 10, writesFactor: 5 };
    expect(await kindOf('build', { ...never, memoryMiB: 4096 })).toMatchObject({
      kind: 'bad',
      headline: expect.stringMatching(/^Does not converge: aborted/),
    });
    const ends = { ...never, memoryMiB: 4096, disruption: 1 };
    expect(await kindOf('build', { ...ends, postCopy: 1 })).toMatchObject({
      kind: 'costly',
      headline: expect.stringMatching(/post-copy/),
    });
    expect(await kindOf('build', ends)).toMatchObject({
      kind: 'costly',
      headline: expect.stringMatching(/paused it/),
    });
    expect(await kindOf('vep248-redis')).toMatchObject({
      kind: 'bad',
      headline: expect.stringMatching(/Has not converged/),
    });
  });

  it('is drawn in the order of time, with nothing but numbers and gaps', async () => {
    const series = seriesOf(await traceOfBase('build', { memoryMiB: 4096, linkMbit: 1000 }));
    expect(series.seconds.length).toBeGreaterThan(20);
    expect([...series.seconds].sort((a, b) => a - b)).toEqual(series.seconds);
    for (const value of series.remaining) expect(value === null || value > 0).toBe(true);
    expect(series.marks.length).toBeGreaterThan(0);
  });

  it('has words for every decision, and the limits of the monitor', async () => {
    const trace = await traceOfBase('vep291-ramp');
    for (const decision of trace.decisions) expect(decisionWords(decision.action)).not.toBe('');
    expect(monitorLimits(baseOf('vep291-ramp').fleet)[0]).toMatch(/raised in steps to 1050 ms/);
  });

  it('has a preview of the first passes', () => {
    const base = baseOf('idle');
    const scenario = { base, settings: { ...settingsOf(base), timeLimitMinutes: 1440 } };
    expect(previewOf(scenario).drain.timeoutUs).toBeLessThan(5 * 60e6);
    expect(previewOf(scenario).drain.timeoutUs).toBeGreaterThan(60e6);
  });
});
