/**
 * `sweep` and `plan` killed at random moments go on with --resume and end with the same bytes.
 * `KILLS=200` asks for more kills than every test run has; they take some minutes.
 */
import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { drawOf } from '../soak/draw.js';
import { buildFirst, contentsOf, inFolder, root, sluice } from './sluice.js';

beforeAll(buildFirst, 120_000);

const KILLS = Number(process.env.KILLS ?? 2);
/** Many are asked for on machines that do other things beside. */
const SECONDS_A_KILL_MOST = 300;
const [REPLICAS, CANDIDATES] = KILLS < 20 ? ['20', '15'] : ['150', '60'];

const single = join(root, 'fleets/single-guest.yaml');
const GOAL = 'sluice: 1\ngoal: { minimise: [drain-time], limits: { pause: [{ worst: 10s }] } }\n';
const bandwidth = 'kubevirt.migrations.bandwidthPerMigration=1Gi,2Gi,0';

const COMMANDS = {
  sweep: ['sweep', single, '--set', bandwidth, '--replicas', REPLICAS],
  plan: ['plan', single, '--goal', 'goal.yaml', '--candidates', CANDIDATES, '--replicas', '2'],
} as const;
type Command = keyof typeof COMMANDS;

/** Files that are there for good: what a killed process was writing has a name with a dot. */
function wholeFiles(folder: string): Readonly<Record<string, string>> {
  const files = Object.entries(contentsOf(folder)).filter(([name]) => !name.startsWith('.'));
  return Object.fromEntries(files);
}

/** Kills the command `afterMs` from when `begun` first holds, unless it has ended before: then false. */
async function killed(
  args: readonly string[],
  cwd: string,
  begun: () => boolean,
  afterMs: number,
): Promise<boolean> {
  const launcher = join(root, 'bin/sluice.mjs');
  const child = spawn(process.execPath, [launcher, ...args], { cwd, stdio: 'ignore' });
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('close', (_, signal) => resolve(signal)),
  );
  while (!begun() && child.exitCode === null) await sleep(2);
  await Promise.race([sleep(afterMs), ended]);
  child.kill('SIGKILL');
  return (await ended) === 'SIGKILL';
}

it(
  `${KILLS} kills of sweep and plan, at any moment: each resumes to the same bytes`,
  () =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'goal.yaml'), GOAL);
      const undisturbed = new Map<Command, { ms: number; files: object }>();
      for (const command of Object.keys(COMMANDS) as Command[]) {
        const startMs = performance.now();
        const args = [...COMMANDS[command], '--quiet', '--out', command];
        expect(await sluice(args, { cwd })).toMatchObject({ code: 0, stderr: '' });
        const ms = performance.now() - startMs;
        undisturbed.set(command, { ms, files: contentsOf(join(cwd, command)) });
      }
      let kills = 0;
      let takenOver = 0;
      for (let moment = 0; kills < KILLS; moment += 1) {
        const draw = drawOf(1, 'kills', String(moment));
        const command: Command = kills % 2 === 0 ? 'sweep' : 'plan';
        const { ms, files } = undisturbed.get(command) ?? { ms: 0, files: {} };
        const threads = draw.pick(['1', '2']);
        const args = [...COMMANDS[command], '--quiet', '--out', 'cut', '--threads', threads];
        rmSync(join(cwd, 'cut'), { recursive: true, force: true });
        // Half of the kills come at any moment, half when the first results are on disk.
        const journal = join(cwd, 'cut', `${command}-journal.jsonl`);
        const inWork = draw.chance(0.5);
        const begun = () => !inWork || existsSync(journal);
        if (!(await killed(args, cwd, begun, draw.unit() * ms * (inWork ? 0.5 : 1)))) continue;
        kills += 1;
        const call = { cwd, longestMs: SECONDS_A_KILL_MOST * 1000 };
        const { code, stderr } = await sluice([...args, '--resume'], call);
        expect({ moment, code }).toEqual({ moment, code: 0 });
        expect(stderr).toMatch(/^sluice: (nothing to resume, .*|\d+ replicas? taken over)\n$/);
        if (stderr.includes('taken over')) takenOver += 1;
        if (kills % 20 === 0) process.stdout.write(`${kills} kills, ${takenOver} in mid-work\n`);
        expect(wholeFiles(join(cwd, 'cut')), `moment ${moment}`).toEqual(files);
      }
      if (KILLS >= 20) expect(takenOver).toBeGreaterThan(KILLS / 5);
    }),
  KILLS * SECONDS_A_KILL_MOST * 1000,
);
