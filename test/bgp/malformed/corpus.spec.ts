import { expect } from 'chai'
import { compose } from '../../support/malformed/compose.ts'
import { malformedCases, malformedFiles, settingOf } from '../../support/malformed/malformed-case.ts'
import type { MalformedCase } from '../../support/malformed/malformed-case.ts'
import { MalformedLab } from '../../support/malformed/malformed-lab.ts'
import { CaseRunner } from '../../support/malformed/run-case.ts'

const files = malformedFiles().map((name) => ({ name, cases: malformedCases(name) }))
const all = files.flatMap(({ cases }) => cases)

describe('malformed messages, by the book', function () {
  this.timeout(60_000)

  /** What went wrong, by case. */
  const faults = new Map<MalformedCase, unknown>()

  // All of them at once: a sender takes its cases in turn, and the senders go side by side.
  before(async () => {
    const lab = new MalformedLab()
    try {
      await lab.start()
      await Promise.all(
        lab.senders.map(async (sender, i) => {
          const ofKind = lab.senders.filter(({ kind }) => kind === sender.kind)
          const turn = i % ofKind.length
          const cases = all.filter(({ peer }) => peer === sender.kind)
          await runInTurn(
            new CaseRunner(lab, sender),
            cases.filter((_, at) => at % ofKind.length === turn),
          )
        }),
      )
    } finally {
      await lab.close()
    }
  })

  async function runInTurn(runner: CaseRunner, cases: readonly MalformedCase[]): Promise<void> {
    for (const one of cases) await runner.run(one).catch((fault: unknown) => faults.set(one, fault))
    runner.close()
  }

  it('are at least four hundred, each with a name and a number of its own', () => {
    expect(all.length).to.be.at.least(400)
    expect(new Set(all.map(({ number }) => number)).size).equal(all.length)
    for (const { name, cases } of files) {
      expect(new Set(cases.map(({ id }) => id)).size, name).equal(cases.length)
    }
  })

  it('are in hex what they are in words', () => {
    for (const one of all) expect(compose(one.message, settingOf(one)), one.id).equal(one.hex)
  })

  for (const { name, cases } of files) {
    describe(name, () => {
      for (const one of cases) {
        it(`${one.id}: ${one.says}: ${one.reaction} (${one.clause})`, () => {
          if (faults.has(one)) throw faults.get(one)
        })
      }
    })
  }
})
