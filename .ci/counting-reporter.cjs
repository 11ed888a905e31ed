/**
 * Mocha's spec reporter that also writes, where the caller of the run can add them up, its counts and what failed: the
 * caller says it again at the very end, since of a long log only the end may be at hand.
 */
const { writeFileSync } = require('node:fs')
const { reporters } = require('mocha')

/** Characters of a failure that are said again: a diff can be as long as a table. */
const MAX_CHARACTERS = 4_000

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const failed = []
    runner.on('fail', (test, error) => {
      const said = String(error?.stack ?? error).slice(0, MAX_CHARACTERS)
      failed.push({ title: test.titlePath().join(' › '), said })
    })
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats
      const target = process.env.HEDDLE_TEST_COUNTS
      if (target) writeFileSync(target, JSON.stringify({ passes, failures, pending, failed }))
    })
  }
}
