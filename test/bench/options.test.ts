import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../bench/options.js';

describe('the command line of the benches', () => {
  it('runs everything unless told otherwise', async () => {
    expect(await parseOptions([])).toEqual({
      suites: ['kernels', 'network', 'scale', 'fleet', 'long'],
      size: 'usual',
      out: undefined,
      compare: undefined,
      maxFall: 0.2,
    });
    const given = ['--only', 'fleet,kernels', '--quick', '--max-fall', '7.5%', '--compare', 'a'];
    expect(await parseOptions(given)).toMatchObject({
      suites: ['kernels', 'fleet'],
      size: 'quick',
      compare: 'a',
      maxFall: 0.075,
    });
    expect(await parseOptions(['--max-fall', '0.3'])).toMatchObject({ maxFall: 0.3 });
  });

  it.each([
    [['--only', 'kernels,pages'], '--only: "pages" is none of kernels, network, scale, fleet'],
    [['--max-fall', '20'], '--max-fall: "20" is not a share such as 20% or 0.2'],
    [['--max-fall', '0'], '--max-fall: "0" is not a share such as 20% or 0.2'],
    [['--compare', 'a', '--compare', 'b'], '--compare: given more than once'],
    [['--quick', '--full'], '--full: is the contrary of --quick: give one'],
    [['--comparison'], 'bench: Unknown argument: comparison (see npm run bench -- --help)'],
    [['all'], 'bench: takes options only (see npm run bench -- --help)'],
  ])('refuses %j', async (args, message) => {
    await expect(parseOptions(args)).rejects.toThrow(message);
  });
});
