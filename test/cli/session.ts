/**
 * Runs command lines one after the other in one process of the built program, in which it is loaded
 * once: what each does, prints and answers is what a process of its own would, without its start.
 * Whatever is about the process itself (signals, standard input, locks, crashes) is for `sluice`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, root } from './sluice.js';

const PROGRAM = fileURLToPath(new URL('session-process.mjs', import.meta.url));

let session: ChildProcess | null = null;
let turn: Promise<unknown> = Promise.resolve();

export function sluiceInSession(
  args: readonly string[],
  call: { readonly cwd?: string } = {},
): Promise<Answer> {
  const answer = turn.then(() => ask({ args, cwd: call.cwd ?? root }));
  turn = answer.catch(() => {});
  return answer;
}

function ask(call: { readonly args: readonly string[]; readonly cwd: string }): Promise<Answer> {
  const child = running();
  return new Promise((resolve, reject) => {
    const ended = (): void => {
      session = null;
      reject(new Error(`the session ended in: sluice ${call.args.join(' ')}`));
    };
    child.once('exit', ended);
    child.once('message', (answer: Answer) => {
      child.off('exit', ended);
      resolve(answer);
    });
    child.send(call);
  });
}

function running(): ChildProcess {
  if (session !== null) return session;
  session = fork(PROGRAM, [join(root, 'dist/cli/main.js')], { stdio: 'ignore' });
  // A test run that is over does not wait for it; it ends with the channel between the two.
  session.unref();
  session.channel?.unref();
  return session;
}
