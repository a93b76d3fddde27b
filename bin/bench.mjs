// `npm run bench`: builds what is stale, compiles bench/ with the sources that it measures into
// dist/bench, and runs it there.
import { runCompiled } from './compiled.mjs';

await runCompiled('bench', 'dist/bench');
