// `npm run soak`: builds what is stale, compiles test/soak with what it checks into dist/soak, and
// runs it there. `--planted` runs it over bugs that it has to find.
import { runCompiled } from './compiled.mjs';
import { prepareOrExit } from './prepare.mjs';

const [first, place] = process.argv.slice(2);
if (first === '--planted') {
  await prepareOrExit();
  const { soakPlanted } = await import('./planted.mjs');
  soakPlanted(place);
} else await runCompiled('test/soak', 'dist/soak');
