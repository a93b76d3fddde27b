// Makes a clone ready to run: installs what the lock file names, builds what is stale, and says so
// on standard error. When nothing is stale it costs a few hundred `stat` calls and no process.
// Plain JavaScript without dependencies, as it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const modules = join(root, 'node_modules');
const lockFile = join(root, 'package-lock.json');
const installStamp = join(modules, '.sluice-installed');
const buildLock = join(dist, '.build-lock');

/** A step that failed: told in one line, its own output stands above it. */
export class PrepareError extends Error {}

/** What is built, from what, by which tool; `output` must exist for the step to be current. */
const steps = [
  {
    name: 'kernels',
    sources: ['assembly', 'asconfig.json'],
    output: join(dist, 'kernels.wasm'),
    tool: 'node_modules/assemblyscript/bin/asc.js',
    args: ['--config', 'asconfig.json', '--target', 'release'],
  },
  {
    name: 'sluice',
    sources: ['src', 'tsconfig.json'],
    output: join(dist, 'cli', 'main.js'),
    tool: 'node_modules/typescript/bin/tsc',
    args: ['-p', '.'],
  },
  {
    name: 'report-page',
    sources: ['src/outcome', 'bin/bundle-page.mjs'],
    output: join(dist, 'report-page', 'main.js'),
    tool: 'bin/bundle-page.mjs',
    args: ['src/outcome/report/page/main.ts', 'dist/report-page'],
  },
];

/** Installs and builds what is stale. Two at once do not clash: the second waits, then looks again. */
export async function prepare() {
  if (isInstalled() && steps.every(isBuilt)) return;
  await withBuildLock(() => {
    if (!isInstalled()) install();
    for (const step of steps) if (!isBuilt(step)) build(step);
  });
}

/** Runs `prepare` for a launcher: a failed step ends the process with one line and code 70. */
export async function prepareOrExit() {
  try {
    await prepare();
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    say(error.message);
    process.exit(70);
  }
}

function isInstalled() {
  const hash = lockFileHash();
  if (existsSync(installStamp) && readFileSync(installStamp, 'utf8') === hash) return true;
  // Somebody ran npm by hand: its hidden lock file is written last, so it tells when that was.
  const hidden = join(modules, '.package-lock.json');
  if (!existsSync(hidden) || statSync(hidden).mtimeMs < statSync(lockFile).mtimeMs) return false;
  writeFileSync(installStamp, hash);
  return true;
}

function install() {
  say('installing what package-lock.json names (npm ci) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  run(npm, ['ci', '--ignore-scripts', '--include=dev', '--no-fund', '--no-audit'], 'npm ci');
  writeFileSync(installStamp, lockFileHash());
}

function isBuilt(step) {
  const stamp = stampOf(step);
  return (
    existsSync(step.output) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === fingerprint(step.sources)
  );
}

function build(step) {
  say(`building ${step.name} …`);
  const before = fingerprint(step.sources);
  run(process.execPath, [join(root, step.tool), ...step.args], `building ${step.name}`);
  // The state before the build: a file saved while it ran counts as stale next time.
  writeFileSync(`${stampOf(step)}.new`, before);
  renameSync(`${stampOf(step)}.new`, stampOf(step));
}

function stampOf(step) {
  return join(dist, `.${step.name}-built`);
}

/** Changes when a source is added, removed, edited or touched, or when the lock file changes. */
function fingerprint(sources) {
  const hash = createHash('sha256').update(lockFileHash());
  for (const source of sources) addToFingerprint(hash, source);
  return hash.digest('hex');
}

function addToFingerprint(hash, relativePath) {
  const path = join(root, relativePath);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    hash.update(`${relativePath}\0${stat.size}\0${stat.mtimeMs}\0`);
    return;
  }
  for (const name of readdirSync(path).sort()) addToFingerprint(hash, `${relativePath}/${name}`);
}

function lockFileHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex');
}

/** Runs a tool with its output on standard error, so that standard output stays the command's. */
function run(command, args, what) {
  const { status, error, signal } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: command.endsWith('.cmd'),
  });
  if (error !== undefined) throw new PrepareError(`${what} failed: ${error.message}`);
  if (signal === 'SIGINT' || signal === 'SIGTERM') process.exit(130);
  if (signal !== null) throw new PrepareError(`${what} was stopped by ${signal}`);
  if (status !== 0) throw new PrepareError(`${what} failed (exit code ${status}), see above`);
}

async function withBuildLock(work) {
  mkdirSync(dist, { recursive: true });
  let told = false;
  while (!takeBuildLock()) {
    if (!told) say('waiting for another build to end …');
    told = true;
    await sleep(100);
  }
  try {
    work();
  } finally {
    rmSync(buildLock, { force: true });
  }
}

function takeBuildLock() {
  try {
    const descriptor = openSync(buildLock, 'wx');
    writeSync(descriptor, String(process.pid));
    closeSync(descriptor);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (lockIsAbandoned()) rmSync(buildLock, { force: true });
  return false;
}

function lockIsAbandoned() {
  try {
    const pid = Number(readFileSync(buildLock, 'utf8'));
    // Just made and not yet filled in: its owner is alive unless it stays empty.
    if (!(pid > 0)) return Date.now() - statSync(buildLock).mtimeMs > 5000;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function say(text) {
  process.stderr.write(`sluice: ${text}\n`);
}
