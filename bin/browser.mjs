// Where the browser is, for tests of pages, pictures and bars: the one that CHROMIUM names, else a
// Chromium or Chrome on the path. The one place that knows: .ci/run installs what is not found here.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
const places = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));

/** Null where there is none. */
export const browserPath = [process.env.CHROMIUM ?? '', ...places].find(isProgram) ?? null;

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
