import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/fleet/input-error.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { validateQemu } from '../../src/validate/qemu.js';
import { barsOf } from '../../src/validate/qemu-bars.js';
import { qemuVersionOf } from '../../src/validate/qemu-recorded.js';
import { replayRun } from '../../src/validate/qemu-replay.js';
import { parseQemuRun, type QemuRun } from '../../src/validate/qemu-run.js';
import { replayScenarios } from '../../src/validate/qemu-scenario.js';
import { sharedData } from '../shared-data.js';
import { hotRun, recordedRun } from './recorded-run.js';

const kernels = loadKernels();
const place = new URL('../data/qemu/K_b_rand_c1_r70__1.json', import.meta.url);
const recorded = readFileSync(fileURLToPath(place), 'utf8');
const validate = (...texts: readonly string[]) =>
  validateQemu(
    kernels,
    texts.map((text, i) => ({ file: `run${i}.json`, text })),
  );

/** The inputs of a run, and nothing else. */
function stripped(text: string): string {
  const { config, before, actions_applied, guest_writes_at_start, trace } = JSON.parse(text);
  const columns: string[] = trace?.columns ?? [];
  const kept = config.pace === 'cpu' ? ['t', 'guest_writes'] : [];
  const picked = kept.map((name) => columns.indexOf(name));
  const rows = (trace?.rows ?? []).map((row: unknown[]) => picked.map((i) => row[i]));
  const inputs = { config, before, actions_applied, guest_writes_at_start };
  return JSON.stringify(kept.length === 0 ? inputs : { ...inputs, trace: { columns: kept, rows } });
}

const TEN = { qemu: '10.0.13' };
const edited = (rest: object): string => JSON.stringify({ ...JSON.parse(recorded), ...rest });
const config = (over: object, rest: object = {}): string =>
  edited({ config: { ...JSON.parse(recorded).config, ...over }, ...rest });

describe('validate qemu', () => {
  it('replays a recorded run within the bars', () => {
    const report = validate(recorded);
    expect(report.withinBounds).toBe(true);
    const [scenario] = report.scenarios;
    expect(scenario).toMatchObject({ name: 'K_b_rand_c1_r70', group: 'K', repeats: 1 });
    expect(scenario?.measured.totalTimeMs).toEqual([6513]);
    expect(Math.abs((scenario?.simulated.totalTimeMs ?? 0) / 6513 - 1)).toBeLessThan(0.005);
    expect(scenario?.simulated.dirtySyncCount).toBe(10);
    expect(Object.keys(scenario?.simulated ?? {})).toEqual(Object.keys(scenario?.measured ?? {}));
  });

  it('takes a throttle step that the simulation never makes for as late as can be', () => {
    const [scenario] = replayScenarios(kernels, [parseQemuRun('run.json', recorded)]);
    if (scenario === undefined) throw new Error('no scenario');
    const run = recordedRun({ pace: 'cpu' });
    const steps = (timesMs: readonly number[]) => ({
      ...scenario.simulated,
      throttlePercentageMax: 99,
      throttleStepTimesMs: timesMs,
      syncTimesMs: [0, 500, 1000],
    });
    const barOf = (simulated: readonly number[]) =>
      barsOf([{ ...scenario, run, measured: [steps([1000, 2000])], simulated: steps(simulated) }]);
    expect(barOf([1000, 2000]).map(({ within }) => within)).toEqual([true]);
    expect(barOf([1000]).map(({ within }) => within)).toEqual([false]);
  });

  it('needs the inputs only: the same figures, and nothing measured', () => {
    const [whole] = validate(recorded).scenarios;
    const [inputs] = validate(stripped(recorded)).scenarios;
    expect(inputs?.simulated).toEqual(whole?.simulated);
    expect(inputs?.measured).toEqual({});
  });

  it('fails when what was recorded is another story', () => {
    const other = JSON.parse(recorded);
    other.final['total-time'] = 9000;
    const report = validate(JSON.stringify(other));
    expect(report.withinBounds).toBe(false);
    other.final = { status: 'cancelled' };
    expect(validate(JSON.stringify(other)).differentEnds).toEqual(['K_b_rand_c1_r70']);
  });

  it('joins the repeats of a scenario', () => {
    const report = validate(recorded, recorded);
    expect(report.scenarios).toHaveLength(1);
    expect(report.scenarios[0]?.measured.status).toEqual(['completed', 'completed']);
  });

  it.each([
    ['{', /not JSON/],
    ['{}', /config: missing/],
    [recorded.replace('"caps": []', '"caps": ["colo"]'), /config\.caps\.0: "colo"/],
    [recorded.replace('"pattern": "rand"', '"pattern": "zigzag"'), /config\.pattern: "zigzag"/],
    [recorded.replace('"guest_writes_at_start"', '"writes"'), /guest_writes_at_start: missing/],
    [recorded.replace('"pace": "clock"', '"pace": "cpu"'), /trace: missing/],
    [recorded.replace('"ws_pages": 32768', '"ws_pages": 3276800'), /ends at page/],
    [recorded.replace('"fill_pages"', '"fill_pages": 999999, "other"'), /content ends at page/],
    [edited({ qemu: 'a build of mine' }), /qemu: .*: no version, such as 10\.0\.13/],
    [
      config({ pace: 'cpu' }, { trace: { columns: ['t'], rows: [[0.1]] } }),
      /no column guest_writes/,
    ],
    [
      config({ pace: 'cpu' }, { trace: { columns: ['t', 'guest_writes'], rows: [[0.1, null]] } }),
      /no row has both/,
    ],
    [edited({ actions_applied: [{ do: 'serial', at: 1, text: 'p0' }] }), /p0.*pattern/],
    [
      config({ pattern: 'seq' }, { actions_applied: [{ do: 'serial', at: 1, text: 'w64' }] }),
      /a sweep’s working set/,
    ],
    [
      edited({ actions_applied: [{ do: 'params', at: 1, params: { 'multifd-channels': 4 } }] }),
      /multifd-channels/,
    ],
    [config({ caps: ['multifd', 'xbzrle'] }, TEN), /refuses xbzrle together with multifd/],
    [config({ caps: ['multifd', 'postcopy-ram'] }, TEN), /refuses multifd together/],
    [config({ caps: ['dirty-limit'] }, TEN), /dirty ring/],
    [config({ caps: ['dirty-limit'] }, { qemu: '7.2.22' }), /no dirty-limit/],
    [
      config({ params: { 'avail-switchover-bandwidth': 1e8 } }, { qemu: '7.2.22' }),
      /no such parameter/,
    ],
  ])('refuses what it cannot replay', (text, problem) => {
    expect(() => parseQemuRun('run.json', text)).toThrow(InputError);
    expect(() => parseQemuRun('run.json', text)).toThrow(problem);
    expect(() => parseQemuRun('run.json', text)).not.toThrow(/\n/);
  });

  it('takes the version from the file, from the name, or 7.2', () => {
    expect(qemuVersionOf(recordedRun({}, { qemu: 'Debian 1:10.0.13+ds-0 10.0.13' }))).toEqual({
      major: 10,
      minor: 0,
    });
    expect(qemuVersionOf(recordedRun({ name: 'Q11_a' }))).toEqual({ major: 11, minor: 0 });
    expect(qemuVersionOf(recordedRun())).toEqual({ major: 7, minor: 2 });
    const text = recordedRun({}, { qemu: 'QEMU 10.2.2 (Debian 1:10.2.2+ds-1)' });
    expect(qemuVersionOf(text)).toEqual({ major: 10, minor: 2 });
    const unnamed = recordedRun({ params: { 'avail-switchover-bandwidth': 1e8 } });
    expect(qemuVersionOf(unnamed)).toEqual({ major: 10, minor: 0 });
  });
});

describe('the replay', () => {
  const replay = (run: QemuRun, seed = 1) => replayRun(kernels, run, seed);

  it('is the same for the same seed, another for another', () => {
    const run = hotRun(16_384, { rate: 9000, maxbw: 64 * 2 ** 20 });
    expect(replay(run)).toEqual(replay(run));
    expect(replay(run, 2).transferredBytes).not.toBe(replay(run).transferredBytes);
  });

  it('follows a writer that is told another rate in mid-run', () => {
    const slow = hotRun(16_384, { rate: 3000 });
    const faster = { do: 'serial', at: 0.5, text: 'r9000' } as const;
    const told = { ...slow, actions_applied: [faster] };
    expect(replay(told).transferredBytes).toBeGreaterThan(replay(slow).transferredBytes ?? 0);
  });

  it('follows a writer that is told another working set', () => {
    const small = hotRun(16_384, { rate: 9000, ws_pages: 2048 });
    const wider = { do: 'serial', at: 0.3, text: 'w16384' } as const;
    const told = { ...small, actions_applied: [wider] };
    expect(replay(told).transferredBytes).toBeGreaterThan(
      (replay(small).transferredBytes ?? 0) * 1.1,
    );
  });

  it('follows another working set of a hot and cold writer', () => {
    const over = { pattern: 'hotcold', rate: 9000, ws_pages: 2048, hot_pages: 512 } as const;
    const small = hotRun(16_384, over);
    const wider = { do: 'serial', at: 0.3, text: 'w16384' } as const;
    const told = replay({ ...small, actions_applied: [wider] }).transferredBytes;
    expect(told).toBeGreaterThan((replay(small).transferredBytes ?? 0) * 1.01);
    const uniform = replay({ ...small, config: { ...small.config, pattern: 'rand' } });
    expect(told).not.toBe(uniform.transferredBytes);
  });

  it('follows a writer that begins in mid-run', () => {
    const idle = hotRun(16_384, { rate: 0 });
    const told = { ...idle, actions_applied: [{ do: 'serial', at: 0.5, text: 'r9000' } as const] };
    expect(replay(told).dirtySyncCount).toBeGreaterThan(replay(idle).dirtySyncCount);
  });

  it('follows parameters that are changed in mid-run', () => {
    const run = hotRun(16_384, { caps: ['auto-converge', 'postcopy-ram'] });
    const at = (seconds: number, params: Record<string, number>) =>
      ({ do: 'params', at: seconds, params }) as const;
    const cancel = { do: 'cancel', at: 12 } as const;
    const limited = { ...run, actions_applied: [at(1, { 'max-cpu-throttle': 30 }), cancel] };
    expect(replay({ ...run, actions_applied: [cancel] }).throttlePercentageMax).toBeGreaterThan(50);
    expect(replay(limited).throttlePercentageMax).toBe(30);
    const postcopy = { do: 'postcopy', at: 2 } as const;
    const slow = [at(1.5, { 'max-postcopy-bandwidth': 10e6 }), postcopy];
    const [fast, held] = [[postcopy], slow].map(
      (actions_applied) => replay({ ...run, actions_applied }).totalTimeMs ?? 0,
    );
    expect(held).toBeGreaterThan((fast ?? 0) + 3000);
    const avail = [at(1.5, { 'avail-switchover-bandwidth': 400e6 })];
    const ends = replay({ ...run, actions_applied: avail });
    expect(ends.status).toBe('completed');
    expect(ends.throttlePercentageMax).toBe(0);
  });

  it('does nothing where QEMU refused', () => {
    const run = hotRun(16_384, { rate: 9000 });
    const refused = { do: 'cancel', at: 1, result: { error: { class: 'GenericError' } } } as const;
    expect(replay({ ...run, actions_applied: [refused] })).toEqual(replay(run));
    // Nobody has set postcopy-ram.
    const postcopy = { do: 'postcopy', at: 1 } as const;
    expect(replay({ ...run, actions_applied: [postcopy] })).toEqual(replay(run));
  });

  it('cancels what does not end, and then has no times of it', () => {
    const report = validate(JSON.stringify({ ...hotRun(16_384) }));
    expect(report.scenarios[0]?.simulated).toMatchObject({
      status: 'cancelled',
      totalTimeMs: null,
      downtimeMs: null,
      stopToResumeMs: null,
    });
  });

  it('lets a guest that is paused converge', () => {
    const run = hotRun(16_384, {}, { actions_applied: [{ do: 'stop', at: 3 }] });
    expect(replay(run).status).toBe('completed');
  });

  it('clears the log of the dirty ring at the sync', () => {
    const over = { accel: 'kvm', ram_mib: 1280, ws_base_page: 262_144, rate: 9000 };
    const manual = replay(hotRun(16_384, over));
    const ring = replay(hotRun(16_384, { ...over, accel_opts: ',dirty-ring-size=4096' }));
    expect(ring.transferredBytes).toBeGreaterThan((manual.transferredBytes ?? 0) * 1.05);
  });
});

const runs = sharedData('qemu/runs');

describe.skipIf(runs === null)('the recorded runs (shared/data/qemu; skipped when absent)', () => {
  const files = () =>
    readdirSync(runs as string)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((file) => ({ file, text: readFileSync(join(runs as string, file), 'utf8') }));

  it('are met within every bar', () => {
    const report = validateQemu(kernels, files());
    expect(report.differentEnds).toEqual([]);
    const missed = report.bars.flatMap((bar) =>
      bar.within
        ? []
        : [
            `${bar.name}: ${bar.deviations.filter((one) => !one.within).map((one) => one.scenario)}`,
          ],
    );
    expect(missed).toEqual([]);
    expect(report.scenarios.length).toBeGreaterThan(60);
  });

  it('give the same figures from their inputs alone', () => {
    const some = files().filter(({ file }) => /^(K_b_seq|c_autoconv|Q1[01]_|e_)/.test(file));
    const whole = validateQemu(kernels, some);
    const inputs = validateQemu(
      kernels,
      some.map(({ file, text }) => ({ file, text: stripped(text) })),
    );
    expect(inputs.scenarios.map((one) => one.simulated)).toEqual(
      whole.scenarios.map((one) => one.simulated),
    );
    expect(inputs.scenarios.every((one) => Object.keys(one.measured).length === 0)).toBe(true);
  });
});
