/** The built `sluice plan`: files, and what it refuses. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { sluiceInSession } from './session.js';
import { buildFirst, contentsOf, inFolder, root, sluice } from './sluice.js';

beforeAll(buildFirst, 120_000);

const single = join(root, 'fleets/single-guest.yaml');
const GOAL = 'sluice: 1\ngoal: { minimise: [drain-time], limits: { pause: [{ worst: 10s }] } }\n';

describe('sluice plan', () => {
  it('writes what is asked for', () =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'goal.yaml'), GOAL);
      const size = ['--candidates', '30', '--replicas', '2'];
      const plan = ['plan', single, '--goal', 'goal.yaml', ...size];
      const whole = await sluiceInSession([...plan, '--out', 'whole', '--json'], { cwd });
      expect(whole.code).toBe(0);
      expect(JSON.parse(whole.stdout)).toMatchObject({ fleet: 'single-guest', certainty: {} });
      const files = contentsOf(join(cwd, 'whole'));
      expect(Object.keys(files)).toEqual([
        'kubevirt-patch.yaml',
        'migration-policies.yaml',
        'pareto.csv',
        'plan.csv',
        'planned-fleet.yaml',
        'runbook.md',
      ]);
      expect(files['plan.csv']?.split('\r\n').length).toBeGreaterThan(25);
      expect(files['runbook.md']).toMatch(/^# Runbook: single-guest[\s\S]*## Guests/);
      expect(() => parse(files['kubevirt-patch.yaml'] ?? '')).not.toThrow();
      const planned = join(cwd, 'whole/planned-fleet.yaml');
      expect((await sluiceInSession(['run', planned, '--quiet'], { cwd })).code).toBe(0);
    }));

  it('goes on with replicas of the same seeds and number only: others make other knobs', () =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'goal.yaml'), GOAL);
      const args = ['plan', single, '--goal', 'goal.yaml', '--candidates', '30', '--quiet'];
      const cut = await sluice([...args, '--replicas', '2'], {
        cwd,
        interruptWhen: {
          signal: 'SIGKILL',
          when: () =>
            existsSync(join(cwd, 'out/plan-journal.jsonl')) &&
            readFileSync(join(cwd, 'out/plan-journal.jsonl'), 'utf8').split('\n').length > 4,
        },
      });
      expect(cut.code).toBeNull();
      for (const other of [
        ['--replicas', '3'],
        ['--replicas', '2', '--seed', '5'],
      ]) {
        const answer = await sluiceInSession([...args, ...other, '--resume'], { cwd });
        expect(answer).toMatchObject({ code: 2, stdout: '' });
        expect(answer.stderr).toMatch(/plan-journal\.jsonl: .*belongs to another fleet/);
      }
    }));

  const wrong = [
    ['', /single-guest\.yaml: goal: missing: a plan needs one.*\n$/],
    ['goal: { minimise: [] }', /goal\.yaml: goal\.minimise .*\n$/],
    ['goal: { minimise: [drain_time] }', /goal\.yaml: goal\.minimise\[0\] .*drain-time.*\n$/],
    ['goal: { minimise: [bytes], limits: { pause: [{}] } }', /pause\[0\] .*either p99 or worst\n$/],
    [
      'goal: { minimise: [bytes], limits: { noPostCopy: [{ labels: { a: b } }] } }',
      /goal\.limits\.noPostCopy\[0\] \(2:\d+\): no guest has these labels.*\n$/,
    ],
    [
      'goal: { minimise: [bytes], limits: { links: [{ links: nics/*/up, most: 50% }] } }',
      /goal\.yaml: goal\.limits\.links\[0\]\.links: no link is named "nics\/\*\/up".*\n$/,
    ],
    [
      'goal: { minimise: [bytes], search: { keep: [parallelMigrationPerCluster] } }',
      /goal\.search\.keep\[0\]: no knob .*did you mean "parallelMigrationsPerCluster"\?\n$/,
    ],
    ['name: x\ngoal: { minimise: [bytes] }', /goal\.yaml: name .*sluice: 1 and goal: only\n$/],
  ] as const;
  it.each(wrong)('refuses %j in one line', (goal, line) =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'goal.yaml'), `sluice: 1\n${goal}\n`);
      const args = goal === '' ? [] : ['--goal', 'goal.yaml'];
      const answer = await sluiceInSession(['plan', single, ...args], { cwd });
      expect(answer).toMatchObject({ code: 2, stdout: '' });
      expect(answer.stderr).toMatch(line);
      expect(existsSync(join(cwd, 'out'))).toBe(false);
    }),
  );
});
