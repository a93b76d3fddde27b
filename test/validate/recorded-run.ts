/** Inputs of a run file, made up: the recorded guest with whatever a test wants of it. */
import type { QemuRun } from '../../src/validate/qemu-run.js';

export function recordedRun(
  over: Partial<QemuRun['config']> = {},
  rest: Partial<Omit<QemuRun, 'config'>> = {},
): QemuRun {
  const config: QemuRun['config'] = {
    name: 'made_up',
    accel: 'tcg,thread=multi',
    accel_opts: '',
    ram_mib: 256,
    fill_base_page: 4096,
    fill_pages: 0,
    fill2_base_page: 0,
    fill2_pages: 0,
    fillmode: 0,
    pattern: 'idle',
    ws_base_page: 4096,
    ws_pages: 0,
    hot_pages: 0,
    hot_permille: 900,
    pace: 'clock',
    rate: 0,
    wbytes: 8,
    maxbw: 50e6,
    downtime_limit: 300,
    caps: [],
    params: {},
    link_mbit: null,
    ...over,
  };
  return {
    config,
    before: { rate_guest_clock: config.rate },
    actions_applied: [],
    guest_writes_at_start: 0,
    ...rest,
  };
}

/** A guest that rewrites its hot pages without pause, as in spec/qemu.md 11. */
export function hotRun(
  hotPages: number,
  over: Partial<QemuRun['config']> = {},
  rest: Partial<Omit<QemuRun, 'config'>> = {},
): QemuRun {
  const hot = { ws_pages: hotPages, fill_pages: hotPages, rate: hotPages * 500 } as const;
  return recordedRun({ pattern: 'rand', ...hot, ...over }, rest);
}
