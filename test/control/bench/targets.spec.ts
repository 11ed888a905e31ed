import { expect } from 'chai'
import { figures } from '../../../control/bench/figures.ts'
import { scoreMeasurement, scoreRows } from '../../../control/bench/result.ts'
import type { Row } from '../../../control/bench/result.ts'
import { allScenarios } from '../../../control/bench/scenarios/all-scenarios.ts'
import { judge, targets } from '../../../control/bench/targets.ts'
import type { Verdict } from '../../../control/bench/targets.ts'
import { measured, measurementOf, MIB, rows, sample } from './result-scene.ts'

function verdictsOn(all: readonly Row[], phase = 'announce'): Record<string, Verdict> {
  const found = judge(scoreRows(all)).filter((verdict) => verdict.phase === phase)
  return Object.fromEntries(found.map((verdict) => [verdict.what, verdict]))
}

const SPEED = 'times as fast as the fastest peer'
const MEMORY = 'memory of the leanest peer'
const HEADROOM = 'load alone, times the fastest daemon'
const GROWTH = 'peak MiB, by that of announce'

describe('what is asked of heddle', () => {
  it('names scenarios and phases that exist', () => {
    for (const { scenario, phase, measure } of targets) {
      const phases = allScenarios.find(({ letter }) => letter === scenario)?.phases
      expect(phases, scenario).to.include(phase)
      if (measure.kind === 'growth') expect(phases).to.include(measure.since)
    }
  })

  it('has a bound for each, and reaches every scenario', () => {
    expect(targets.filter(({ least, most }) => (least === undefined) === (most === undefined))).to.deep.equal(
      [],
    )
    const judged = new Set(targets.map(({ scenario }) => scenario))
    expect([...judged].toSorted()).to.deep.equal(allScenarios.map(({ letter }) => letter).toSorted())
  })

  it('is reached or not, by the medians', () => {
    const verdicts = verdictsOn(rows)
    expect(verdicts[SPEED]).to.include({ asked: 'at least 5, aim 10', got: '5.45', isMet: true })
    expect(verdicts[MEMORY]).to.include({ asked: 'at most 0.5', got: '0.2', isMet: true })
    const slower = verdictsOn([measured('heddle', sample(1.5, 300)), ...rows.slice(2)])
    expect(slower[SPEED]).to.include({ got: '4', isMet: false })
    expect(slower[MEMORY]).to.include({ got: '0.61', isMet: false })
  })

  it('is not judged without a peer to compare with', () => {
    const verdicts = verdictsOn([measured('heddle', sample(1, 100))])
    expect(verdicts[SPEED]).to.include({ got: 'not measured', isMet: undefined })
  })

  it('is missed when heddle failed', () => {
    const failed: Row = { ...rows[1]!, outcome: { kind: 'failed', reason: 'gone' } }
    expect(verdictsOn([failed, ...rows.slice(2)])[SPEED]).to.include({ got: 'failed', isMet: false })
  })

  it('of growth compares heddle with itself in another phase', () => {
    const withdraw = { ...measured('heddle', sample(1, 120)), phase: 'withdraw' }
    expect(verdictsOn([...rows, withdraw], 'withdraw')[GROWTH]).to.include({ got: '1.2', isMet: false })
    const less = { ...measured('heddle', sample(1, 100)), phase: 'withdraw' }
    expect(verdictsOn([...rows, less], 'withdraw')[GROWTH]).to.include({ got: '1', isMet: true })
  })

  it('of the load is to be faster than the fastest daemon, which may be heddle', () => {
    expect(verdictsOn(rows)[HEADROOM]).to.include({ got: '11', isMet: true })
    const self = measured('self', { seconds: 0.5 })
    expect(verdictsOn([self, ...rows.slice(1)])[HEADROOM]).to.include({ got: '2.2', isMet: false })
  })

  it('has bounds in the unit of the figure', () => {
    const row: Row = { ...measured('heddle', { seconds: 1, peakOctets: 201 * MIB }), scenario: 'B' }
    const verdict = judge(scoreRows([row])).find(({ what }) => what === figures.peakOctets.title)
    expect(verdict).to.include({ asked: 'at most 200', got: '201', isMet: false })
  })

  it('is for full sizes', () => {
    expect(scoreMeasurement(measurementOf(rows)).verdicts).to.have.length(3)
    expect(scoreMeasurement(measurementOf(rows, 0.1)).verdicts).to.deep.equal([])
  })
})
