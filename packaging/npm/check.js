// Installs the packed npm packages as a stranger does, from a registry of our own on this machine, and runs them.
//
//   node check.js FOLDER-OF-TGZ VERSION EXAMPLE
//
// The registry knows the packages in the folder and nothing else, as the public one does for platforms that were not
// built: npm has to leave those out by itself.
'use strict';

const assert = require('node:assert');
const { execFileSync, spawn } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

const [folder, version, example] = process.argv.slice(2).map((word, at) => (at === 1 ? word : path.resolve(word)));
const platform = `@tuneup/${process.platform}-${process.arch}`;

/** Name to manifest and content of every packed package. */
function packed() {
  const packages = new Map();
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.tgz'))) {
    const manifest = execFileSync('tar', ['-xzOf', file, 'package/package.json'], { cwd: folder, encoding: 'utf8' });
    const content = fs.readFileSync(path.join(folder, file));
    const about = JSON.parse(manifest);
    packages.set(about.name, { about, file, content });
  }
  return packages;
}

/** What npm asks of a registry: a package's versions, and their files. */
function registry(packages) {
  return http.createServer((request, response) => {
    const url = decodeURIComponent(request.url).slice(1);
    const known = [...packages.values()].find(({ about, file }) => url === about.name || url === `-/${file}`);
    if (known === undefined) {
      response.writeHead(404).end('{}');
    } else if (url.startsWith('-/')) {
      response.end(known.content);
    } else {
      const integrity = `sha512-${createHash('sha512').update(known.content).digest('base64')}`;
      const dist = { tarball: `http://${request.headers.host}/-/${known.file}`, integrity };
      const versions = { [version]: { ...known.about, dist } };
      response.end(JSON.stringify({ name: known.about.name, 'dist-tags': { latest: version }, versions }));
    }
  });
}

/** Runs a program of npm in `home`, where nothing of this machine's npm is known. */
function run(home, port, program, args) {
  const env = { HOME: home, PATH: process.env.PATH, npm_config_registry: `http://127.0.0.1:${port}/` };
  env.npm_config_cache = path.join(home, '.npm');
  env.npm_config_update_notifier = 'false';
  const windows = process.platform === 'win32';
  const child = spawn(windows ? `${program}.cmd` : program, args, { cwd: home, env, shell: windows });
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  child.stderr.on('data', (text) => (said += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said }));
  });
}

function emptyFolder() {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'tuneup-npm-'));
}

/** `npx tuneup` where nothing is installed. */
async function npxRuns(port) {
  const home = emptyFolder();
  const told = await run(home, port, 'npx', ['--yes', 'tuneup', '--version']);
  assert.deepStrictEqual(told, { code: 0, said: `tuneup ${version}\n` });
  const scan = await run(home, port, 'npx', ['--yes', 'tuneup', 'scan', example]);
  assert.strictEqual(scan.code, 1, scan.said);
  assert.match(scan.said, /n-plus-one-across-calls/);
  fs.rmSync(home, { recursive: true });
}

/** A project that has it as a dependency, then loses the package of its platform. */
async function projectRuns(port) {
  const home = emptyFolder();
  fs.writeFileSync(path.join(home, 'package.json'), '{ "private": true }');
  const installed = await run(home, port, 'npm', ['install', '--save-dev', 'tuneup']);
  assert.strictEqual(installed.code, 0, installed.said);
  const scoped = fs.readdirSync(path.join(home, 'node_modules/@tuneup'));
  assert.deepStrictEqual(scoped, [platform.slice('@tuneup/'.length)]);
  const told = await run(home, port, 'npx', ['tuneup', '--version']);
  assert.deepStrictEqual(told, { code: 0, said: `tuneup ${version}\n` });
  fs.rmSync(path.join(home, 'node_modules', platform), { recursive: true });
  const lost = await run(home, port, 'npx', ['tuneup', '--version']);
  assert.strictEqual(lost.code, 3, lost.said);
  assert.ok(lost.said.includes(`the package ${platform} is not installed`), lost.said);
  fs.rmSync(home, { recursive: true });
}

async function main() {
  const packages = packed();
  assert.ok(packages.has('tuneup') && packages.has(platform), `${folder} holds ${[...packages.keys()]}`);
  const server = registry(packages).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  const { port } = server.address();
  await npxRuns(port);
  await projectRuns(port);
  server.close();
  server.closeAllConnections();
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
