/**
 * `npm test`: types, lint, format, unit and property tests, then interoperability with real peers. Everything runs, so
 * one failure does not hide the next. What failed is said again at the end, whatever came after it. The last line is the
 * sum: a mocha test counts one, and so does a check that fails.
 *
 *   npm test                      everything
 *   npm test -- --unit            unit and property tests only; --interop, --checks likewise
 *   npm test -- --unit -g decode  further arguments go to mocha (files and options)
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPeers } from './install-peers.mjs'

const parts = ['--checks', '--unit', '--interop']
const args = process.argv.slice(2)
const asked = args.filter((arg) => parts.includes(arg))
const mochaArgs = args.filter((arg) => !parts.includes(arg))
const wants = (part) =>
  asked.length === 0 ? part !== '--checks' || mochaArgs.length === 0 : asked.includes(part)

const scratch = mkdtempSync(join(tmpdir(), 'heddle-test-'))
const sum = { passed: 0, failed: 0, skipped: 0 }
const missing = []
const failed = []

if (wants('--checks')) for (const script of ['typecheck', 'lint', 'format:check']) check(script)
if (wants('--unit'))
  mocha('unit and property tests', '.mocharc.json', 'test/**/*.spec.ts', ['--forbid-pending'])
if (wants('--interop')) {
  missing.push(...installPeers())
  reportMissing()
  mocha('interoperability tests', '.mocharc.interop.json', 'test/interop/**/*.spec.ts', [])
}
rmSync(scratch, { recursive: true, force: true })
reportFailed()
reportMissing()
const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''
process.stdout.write(`${sum.passed} passed, ${sum.failed} failed${skipped}\n`)
process.exit(sum.failed === 0 && sum.passed > 0 ? 0 : 1)

function check(script) {
  const command = JSON.parse(readFileSync('package.json', 'utf8')).scripts[script]
  const result = spawnSync(command, { shell: true, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  process.stdout.write(`${script}: ${result.status === 0 ? 'ok' : 'FAILED'}\n`)
  if (result.status === 0) return
  fail(script, `${result.stdout ?? ''}${result.stderr ?? ''}`)
}

function mocha(title, config, spec, strictness) {
  process.stdout.write(`\n${title}\n`)
  const counts = join(scratch, 'counts.json')
  const options = [
    '--config',
    config,
    '--reporter',
    '.ci/counting-reporter.cjs',
    '--forbid-only',
    ...strictness,
  ]
  // mocha would add given files to those of a configuration file, so the default stands here.
  const files = mochaArgs.some((arg) => arg.endsWith('.ts')) ? [] : [spec]
  const result = spawnSync('mocha', [...options, ...mochaArgs, ...files], {
    stdio: 'inherit',
    env: { ...process.env, HEDDLE_TEST_COUNTS: counts },
  })
  if (!existsSync(counts)) {
    return fail(title, `the run did not finish (status ${result.status}, signal ${result.signal})`)
  }
  const { passes, failures, pending, failed: ofRun } = JSON.parse(readFileSync(counts, 'utf8'))
  rmSync(counts)
  sum.passed += passes
  sum.skipped += pending
  sum.failed += failures
  failed.push(...ofRun)
  // A run that ends badly without a failed test (an error after the last one) is a failure too.
  if (failures === 0 && result.status !== 0) fail(title, `status ${result.status}, signal ${result.signal}`)
}

/** Printed whole here, and its end once more at the end of the run. */
function fail(title, said) {
  sum.failed++
  failed.push({ title, said: said.slice(-4_000) })
  process.stdout.write(`${title}: ${said}\n`)
}

function reportFailed() {
  for (const { title, said } of failed) process.stdout.write(`\n*** FAILED: ${title}\n${said}\n`)
}

function reportMissing() {
  if (missing.length === 0) return
  process.stdout.write(`\n*** NOT TESTED, because not installed: ${missing.join(', ')} ***\n\n`)
}
