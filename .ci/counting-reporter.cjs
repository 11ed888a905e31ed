/** Mocha's spec reporter that also writes its counts where the caller of the run can add them up. */
const { writeFileSync } = require('node:fs')
const { reporters } = require('mocha')

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats
      const target = process.env.HEDDLE_TEST_COUNTS
      if (target) writeFileSync(target, JSON.stringify({ passes, failures, pending }))
    })
  }
}
