// The command line as bin/sluice.mjs runs it, but never built anew between two repeats; when the
// process ends it tells what it used, on file descriptor 3.
import { writeSync } from 'node:fs';
import { main } from '../dist/cli/main.js';

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeSync(3, JSON.stringify({ cpuUs: userCPUTime + systemCPUTime, maxRssKiB: maxRSS }));
});
await main(process.argv.slice(2));
