import { test } from 'vitest';
import { buildFleet, GIB } from '../fleet-builder.js';
import { runFleet } from '../simulation/run-fleet.js';
const MIB = 2 ** 20;
export async function arm(p: any, tuned: boolean, seed: number) {
  const region = (name: string, bytes: number, pps: number, filled = 1): any => ({
    name, bytes: Math.round(bytes / 4096) * 4096, filledShare: filled, compressedShare: 1,
    placement: p.place ?? { kind: 'spread' }, phases: [], pacedBy: 'cpu',
    writes: pps > 0 ? { kind: 'random', pagesPerSecond: pps } : { kind: 'none' },
  });
  const hot = region('hot', p.hot * MIB, (p.hotRate * MIB) / 4096);
  const warm = region('warm', p.warm * MIB, (p.warmRate * MIB) / 4096);
  const zero = region('zero', p.zero * MIB, 0, 0);
  const rest = { ...region('rest', 0, 0), bytes: 8 * GIB - hot.bytes - warm.bytes - zero.bytes };
  const fleet = buildFleet({
    guests: [{ name: 'worker', labels: { a: 'b' }, evictionStrategy: 'LiveMigrate', memoryBytes: 8 * GIB, workload: { kind: 'regions', regions: [hot, warm, rest, zero] } }],
    network: { proxyBytesPerSecond: p.rate * MIB },
    kubevirt: { featureGates: tuned ? ['MigrationDowntimeTuning'] : [] },
    policies: tuned ? [{ name: 'tuned', maxDowntimeMs: 1050, downtimeTuning: { initialMs: null, steps: null, startAfterIteration: null, cooldownSeconds: null } as any }] : [],
  });
  const r = await runFleet(fleet, { seed });
  const m = r.migrations[0] as any;
  const rounds = (r as any).rounds as any[];
  const first = rounds[0];
  return { outcome: m.outcome, total: (m.endedUs - m.startedUs) / 1e6, conv: (m.endedUs - m.startedUs - (first.endUs - first.startUs)) / 1e6, down: (m.downtimeUs ?? 0) / 1e3, iters: m.rounds, mib: m.transferredBytes / MIB, decisions: (r as any).decisions?.filter((d: any) => /downtime/.test(d.action)).map((d: any) => `${((d.atUs - m.startedUs) / 1e6).toFixed(0)}:${d.action.replace(/\D+/g, '')}`) };
}
test('fit', async () => {
  const grid = JSON.parse(process.env.FIT ?? '[{}]');
  for (const g of grid) {
    const p = { rate: 105.7, zero: 1080, warm: 1250, warmRate: 80, hot: 20, hotRate: 100, ...g };
    const rows = [];
    for (let s = 1; s <= (g.seeds ?? 4); s += 1) rows.push(await arm(p, g.tuned ?? false, s));
    const mean = (k: string) => rows.reduce((a: number, r: any) => a + r[k], 0) / rows.length;
    console.log(JSON.stringify(g), rows.map((r) => r.outcome[0]).join(''), 'total', mean('total').toFixed(1), 'conv', mean('conv').toFixed(1), 'down', mean('down').toFixed(0), 'iters', mean('iters').toFixed(1), rows.map((r) => r.iters).join('/'), 'mib', mean('mib').toFixed(0), g.tuned ? rows[0].decisions.join(' ') : '');
  }
}, 300000);
