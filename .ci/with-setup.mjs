/**
 * What `npm run demo`, `npm run bench` and `npm test` call first, on a fresh clone and on whatever Node.js the machine has
 * (18 or newer): installs the packages when they are missing or not those of package-lock.json, then runs the wanted task with the
 * Node 24 that the repository brings (optional dependency node-linux-<arch>), else with the machine's own if that is new
 * enough. Plain JavaScript without dependencies, because nothing is installed yet when it starts.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tasks = {
  // What is installed is compiled: that is what is measured.
  bench: ['dist/control/main.js', 'bench'],
  demo: ['control/main.ts', 'demo'],
  test: ['.ci/test.mjs'],
}

const [task, ...args] = process.argv.slice(2)
if (!Object.hasOwn(tasks, task))
  fail(`usage: node .ci/with-setup.mjs ${Object.keys(tasks).join('|')} [arguments]`)
if (!isInstalled()) install()
const node = findNode()
if (task === 'bench') build()
const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
const child = spawn(node, [...tasks[task], ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: path },
})
child.on('error', (error) => fail(`cannot start ${node}: ${error.message}`))
child.on('exit', (status) => process.exit(status ?? 1))
// The task ends in its own way and this process with it, so a signal is passed on instead of obeyed.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))

/** True when node_modules holds what package-lock.json asks for: contents count, since a checkout changes file times. */
function isInstalled() {
  const hidden = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(hidden)) return false
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const present = JSON.parse(readFileSync(hidden, 'utf8')).packages
  return Object.entries(wanted).every(([place, entry]) => {
    if (place === '') return true
    // A package for another platform is in the lock file only.
    if (!present[place]) return entry.optional === true
    return present[place].version === entry.version && present[place].integrity === entry.integrity
  })
}

function install() {
  process.stderr.write('heddle: installing packages (npm ci) ...')
  // npm's own script path where npm runs us: the same npm, whatever the PATH.
  const npm = process.env.npm_execpath
  const command = npm ? [process.execPath, npm] : ['npm']
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const result = spawnSync(command[0], [...command.slice(1), ...options], { cwd: root, encoding: 'utf8' })
  process.stderr.write(result.status === 0 ? ' done\n' : ' failed\n')
  if (result.status === 0) return
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`)
  fail(result.error ? `npm ci: ${result.error.message}` : `npm ci ended with status ${result.status}`)
}

/** Compiles the sources into dist, as for a package. */
function build() {
  process.stderr.write('heddle: compiling ...')
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const result = spawnSync(node, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, encoding: 'utf8' })
  process.stderr.write(result.status === 0 ? ' done\n' : ' failed\n')
  if (result.status === 0) return
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`)
  fail('what is measured cannot be compiled')
}

function findNode() {
  const own = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')
  if (existsSync(own) && spawnSync(own, ['--version']).status === 0) return own
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath
  return fail(`needs Node.js 22.19 or newer on this platform; this is ${process.version}`)
}

function fail(sentence) {
  process.stderr.write(`heddle: ${sentence}\n`)
  process.exit(2)
}
