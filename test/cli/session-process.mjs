// The process of session.ts: runs each command line that it is sent, and answers with its exit code
// and what it printed.
import { pathToFileURL } from 'node:url';

const { main } = await import(pathToFileURL(process.argv[2] ?? '').href);
// Every command line adds its own.
process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);

process.on('message', async ({ args, cwd }) => {
  process.chdir(cwd);
  process.exitCode = undefined;
  const stdout = caught(process.stdout);
  const stderr = caught(process.stderr);
  await main(args);
  process.send({ code: process.exitCode ?? 0, stdout: stdout.text(), stderr: stderr.text() });
  process.exitCode = undefined;
});
process.on('disconnect', () => process.exit());

function caught(stream) {
  const chunks = [];
  const { write } = stream;
  stream.write = (chunk, encoding, done) => {
    chunks.push(Buffer.from(chunk));
    const called = typeof encoding === 'function' ? encoding : done;
    if (called) queueMicrotask(() => called());
    return true;
  };
  return {
    text: () => {
      stream.write = write;
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}
