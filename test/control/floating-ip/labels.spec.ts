import { expect } from 'chai'
import fc from 'fast-check'
import { allocateLabels } from '../../../control/floating-ip/label-allocation.ts'
import type { Labels } from '../../../control/floating-ip/label-allocation.ts'
import { node, port } from './pools.ts'

function labelsOf(labels: Labels): Record<string, Record<string, number>> {
  return Object.fromEntries(
    [...labels].map(([name, { byPort }]) => [name, Object.fromEntries([...byPort].sort())]),
  )
}

const on = (name: string, where?: string) =>
  port(name, ['10.0.0.3'], where === undefined ? {} : { node: where })

describe('allocateLabels', () => {
  it('gives every port of a node a label of its range, in the order of names', () => {
    const { labels, refused } = allocateLabels(
      [node('one', 1000, 1999), node('two', 500, 501)],
      [on('b', 'one'), on('a', 'one'), on('c', 'two'), on('d')],
      new Map(),
    )
    expect(labelsOf(labels)).to.deep.equal({ one: { 'p/a': 1000, 'p/b': 1001 }, two: { 'p/c': 500 } })
    expect(refused.size).to.equal(0)
  })

  it('keeps labels whatever else comes and goes, and uses a released one last', () => {
    const nodes = [node('one', 1000, 1003)]
    const first = allocateLabels(nodes, [on('a', 'one'), on('b', 'one')], new Map()).labels
    const second = allocateLabels(nodes, [on('b', 'one')], first).labels
    const third = allocateLabels(nodes, [on('0', 'one'), on('b', 'one')], second).labels
    expect(labelsOf(third)).to.deep.equal({ one: { 'p/0': 1002, 'p/b': 1001 } })
    const fourth = allocateLabels(
      nodes,
      ['0', 'b', 'c', 'd'].map((name) => on(name, 'one')),
      third,
    ).labels
    expect(labelsOf(fourth)).to.deep.equal({ one: { 'p/0': 1002, 'p/b': 1001, 'p/c': 1003, 'p/d': 1000 } })
  })

  it('refuses visibly when the range is exhausted, and heals when a port goes', () => {
    const nodes = [node('one', 16, 17)]
    const full = allocateLabels(
      nodes,
      ['a', 'b', 'c'].map((name) => on(name, 'one')),
      new Map(),
    )
    expect([...full.refused]).to.deep.equal(['p/c'])
    const healed = allocateLabels(
      nodes,
      ['b', 'c'].map((name) => on(name, 'one')),
      full.labels,
    )
    expect(labelsOf(healed.labels)).to.deep.equal({ one: { 'p/b': 17, 'p/c': 16 } })
    expect(healed.refused.size).to.equal(0)
  })

  it('gives a port that moves a label of its new node', () => {
    const nodes = [node('one', 100, 199), node('two', 200, 299)]
    const first = allocateLabels(nodes, [on('a', 'one')], new Map()).labels
    expect(labelsOf(allocateLabels(nodes, [on('a', 'two')], first).labels)).to.deep.equal({
      one: {},
      two: { 'p/a': 200 },
    })
  })

  it('holds for any history: unique, in range, kept while it may be, refused only when full', () => {
    const step = fc.record({
      ports: fc.uniqueArray(fc.constantFrom(...'abcdefgh'.split('')), { maxLength: 8 }),
      from: fc.integer({ min: 16, max: 20 }),
      size: fc.integer({ min: 1, max: 7 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        let existing: Labels = new Map()
        for (const { ports, from, size } of steps) {
          const range = { from, to: from + size - 1 }
          const { labels, refused } = allocateLabels(
            [node('n', range.from, range.to)],
            ports.map((name) => on(name, 'n')),
            existing,
          )
          const { byPort } = labels.get('n')!
          expect(new Set(byPort.values()).size).to.equal(byPort.size)
          expect(byPort.size).to.equal(Math.min(size, ports.length))
          expect(byPort.size + refused.size).to.equal(ports.length)
          for (const [key, label] of byPort) {
            expect(label).to.be.within(range.from, range.to)
            const earlier = existing.get('n')?.byPort.get(key)
            if (earlier !== undefined && earlier >= range.from && earlier <= range.to)
              expect(label).to.equal(earlier)
          }
          existing = labels
        }
      }),
    )
  })
})
