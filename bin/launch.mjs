// Prepares, then runs the command line. Ctrl-C before the command has a handler of its own ends the
// process with the code that it would have later.
import { prepareOrExit } from './prepare.mjs';

export async function launch(args) {
  const stop = () => process.exit(130);
  process.on('SIGINT', stop).on('SIGTERM', stop);
  await prepareOrExit();
  const { main } = await import('../dist/cli/main.js');
  process.off('SIGINT', stop).off('SIGTERM', stop);
  await main(args);
}
