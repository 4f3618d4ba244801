#!/usr/bin/env node
// Starts the binary that npm installed for this platform, one of the optional packages of `tuneup`.
'use strict';

const { spawn } = require('node:child_process');

/** As `Exit::CouldNotMeasure`: nothing was examined. */
const COULD_NOT_START = 3;

function fail(cause, hint) {
  process.stderr.write(`error: cannot start tuneup\ncaused by: ${cause}\nhint: ${hint}\n`);
  process.exit(COULD_NOT_START);
}

function binary() {
  const platform = `${process.platform}-${process.arch}`;
  const known = Object.keys(require('../package.json').optionalDependencies);
  const name = `@tuneup/${platform}`;
  if (!known.includes(name)) {
    fail(`there is no release for ${platform}`, 'build it with `cargo install`, see docs/install.md of tuneup');
  }
  const file = process.platform === 'win32' ? 'tuneup.exe' : 'tuneup';
  try {
    return require.resolve(`${name}/bin/${file}`);
  } catch {
    return fail(
      `the package ${name} is not installed`,
      'install without `--omit=optional` (`--no-optional`), and on this platform: node_modules copied from another ' +
        'one, or a lock file that was made there, does not hold it',
    );
  }
}

const child = spawn(binary(), process.argv.slice(2), { stdio: 'inherit' });
child.on('error', (error) => fail(error.message, 'may the file be executed?'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal));
}
child.on('exit', (code, signal) => {
  if (signal === null) {
    process.exit(code);
  }
  // As the binary ended, so do we.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
