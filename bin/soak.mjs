// `npm run soak`: builds what is stale, compiles test/soak with what it checks into dist/soak, and
// runs it there.
import { runCompiled } from './compiled.mjs';

await runCompiled('test/soak', 'dist/soak');
