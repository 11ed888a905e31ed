import { expect } from 'chai'
import { quantile, spreadOf } from '../../../control/bench/figures.ts'
import { scoreMeasurement, scoreRows } from '../../../control/bench/result.ts'
import type { Row, Subject } from '../../../control/bench/result.ts'
import { writeResult } from '../../../control/bench/result-table.ts'
import { formatRatio } from '../../../control/bench/result-tables.ts'
import { Output } from '../../../control/cli/output.ts'
import { Kept } from '../cli/cli-run.ts'
import { measured, measurementOf, MIB, rows, sample } from './result-scene.ts'

async function tableOf(all: readonly Row[]): Promise<string> {
  const stdout = new Kept()
  const result = scoreMeasurement(measurementOf(all))
  await writeResult(new Output({ stdout, stderr: new Kept(), env: {} }), result)
  return stdout.text
}

describe('figures of several runs', () => {
  it('become minimum, median and maximum', () => {
    expect(spreadOf([3, 1, 2])).to.deep.equal({ min: 1, median: 2, max: 3 })
    expect(spreadOf([4, 1, 3, 2]).median).to.equal(2.5)
    expect(spreadOf([7])).to.deep.equal({ min: 7, median: 7, max: 7 })
  })

  it('have quantiles that are values of theirs', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect([0.5, 0.99, 1].map((share) => quantile(values, share))).to.deep.equal([50, 99, 100])
    expect(quantile([5], 0.99)).to.equal(5)
  })
})

describe('ratios', () => {
  const scored = scoreRows(rows)
  const of = (subject: Subject) => scored.find((row) => row.subject === subject)!

  it('compare the medians with the fastest and the leanest peer', () => {
    expect(of('heddle').speed).to.be.closeTo(6 / 1.1, 1e-9)
    expect(of('heddle').memory).to.be.closeTo(100 / 490, 1e-9)
    expect(of('frr').speed).to.be.closeTo(6 / 11, 1e-9)
    expect(of('bird').speed).to.equal(1)
  })

  it('never take heddle or the load itself for a peer', () => {
    const [row] = scoreRows([measured('heddle', sample(1, 1)), measured('self', sample(2, 2))])
    expect(row).to.include({ speed: undefined, memory: undefined })
  })

  it('compare a phase only with itself', () => {
    const other: Row = { ...measured('bird', sample(0.001, 1)), phase: 'withdraw' }
    expect(scoreRows([...rows, other])[1]!.speed).to.be.closeTo(6 / 1.1, 1e-9)
  })

  it('of what one thing costs go before those of the peak', () => {
    const [row] = scoreRows([
      measured('heddle', { peakOctets: 200 * MIB, octetsEach: 50 }),
      measured('bird', { peakOctets: 100 * MIB, octetsEach: 100 }),
    ])
    expect(row!.memory).to.equal(0.5)
  })

  it('have as many digits as they are good for', () => {
    expect([0.123, 1, 2.345, 12.6].map(formatRatio)).to.deep.equal(['0.12', '1.0', '2.3', '13'])
  })
})

describe('the table', () => {
  it('shows minimum, median and maximum, and the ratios', async () => {
    const line = (await tableOf(rows)).split('\n').find((each) => each.includes('heddle  '))!
    expect(line).to.match(
      /1\.000 \/ 1\.100 \/ 1\.500 .* 100 \/ 100 \/ 130 .*5\.5 times as fast .*0\.20 of it/,
    )
  })

  it('says "cannot" where a peer has no such function, not zero', async () => {
    const line = (await tableOf(rows)).split('\n').find((each) => each.includes('GoBGP'))!
    expect(line.trim()).to.match(/GoBGP +cannot$/)
    const alone = await tableOf([rows[4]!])
    expect(alone).to.match(/GoBGP +cannot/)
  })

  it('says what is not installed, not measured, or failed, and why', async () => {
    const text = await tableOf([
      { scenario: 'A', phase: 'announce', subject: 'bird', outcome: { kind: 'notInstalled' } },
      {
        scenario: 'A',
        phase: 'announce',
        subject: 'frr',
        outcome: { kind: 'failed', reason: 'no route came' },
      },
      { scenario: 'A', phase: 'announce', subject: 'gobgp', outcome: { kind: 'notMeasured' } },
    ])
    expect(text).to.match(/BIRD +not installed\n/)
    expect(text).to.match(/FRR +failed: no route came\n/)
    expect(text).to.match(/GoBGP +not measured\n/)
  })

  it('says machine and versions', async () => {
    const text = await tableOf(rows)
    expect(text).to.include(
      'CPU, 2 cores, 4 GiB, Linux 6.1, Node v24\nheddle 1.0 (compiled), BIRD 2.0.12\n3 runs, 2026-01-01\n',
    )
  })
})
