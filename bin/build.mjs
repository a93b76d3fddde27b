// `npm run build`: the kernels and the command line, whatever of them is stale.
import { prepareOrExit } from './prepare.mjs';

await prepareOrExit();
