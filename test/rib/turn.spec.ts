import { expect } from 'chai'
import { Turn } from '../../rib/turn.ts'
import type { Table } from '../../rib/table.ts'
import { RecordingMember } from '../support/recording-member.ts'
import { TurnClock } from '../support/turn-clock.ts'
import { Scene } from './scene.ts'

const key = (n: number): string => `10.0.${n >>> 8}.${n & 255}/32`

/** Tables as a turn sees them: amounts of work. */
class Amounts {
  readonly clock: TurnClock
  readonly turn: Turn
  readonly left = new Map<Table, number>()
  readonly log: string[] = []
  readonly #tickMs: number
  idle = 0

  constructor(tickMs: number, sliceRoutes: number | undefined) {
    this.#tickMs = tickMs
    this.clock = new TurnClock(this.#tickMs)
    this.turn = new Turn(this.clock, {
      sliceRoutes,
      advance: () => 0,
      replicate: () => 0,
      reap: () => 0,
      onIdle: () => {
        this.idle++
      },
      export: (table, budget) => {
        const left = this.left.get(table) ?? 0
        const done = Math.min(left, budget)
        this.left.set(table, left - done)
        if (done > 0) this.log.push(`${table.name}:${done}`)
        return done
      },
    })
  }

  add(name: string, work: number, instance?: object): Table {
    const table = { name, instance } as Table
    this.left.set(table, work)
    this.turn.activate(table)
    return table
  }
}

describe('rib: turns', () => {
  it('lets other deferred work run between slices, and loses nothing', () => {
    const scene = new Scene({ sliceRoutes: 10 })
    const member = new RecordingMember(scene.ibgp('member', 9))
    scene.joinBgp('inet.0', member)
    scene.settle()
    const peer = scene.ebgp('peer')
    for (let n = 0; n < 200; n++) scene.put('inet.0', key(n), peer)
    const heldAtEachTick: number[] = []
    const keepalive = (): void => {
      heldAtEachTick.push(member.held.size)
      if (member.held.size < 200) scene.clock.defer(keepalive)
    }
    scene.clock.defer(keepalive)
    scene.settle()
    expect(heldAtEachTick).to.deep.equal(Array.from({ length: 20 }, (_, i) => (i + 1) * 10))
    expect(member.faults).to.deep.equal([])
  })

  it('says that it is busy while work is left over', () => {
    const scene = new Scene({ sliceRoutes: 1 })
    const peer = scene.ebgp('peer')
    scene.joinBgp('inet.0', new RecordingMember(scene.ibgp('member', 9)))
    for (const n of [1, 2, 3]) scene.put('inet.0', key(n), peer)
    expect(scene.rib.isBusy).to.equal(false)
    scene.clock.step()
    expect(scene.rib.isBusy).to.equal(true)
    scene.settle()
    expect(scene.rib.isBusy).to.equal(false)
  })

  it('does everything in one turn when time stands still', () => {
    const amounts = new Amounts(0, 10)
    amounts.add('a', 35)
    expect(amounts.clock.step()).to.equal(true)
    expect(amounts.log).to.deep.equal(['a:10', 'a:10', 'a:10', 'a:5'])
    expect([amounts.turn.isBusy, amounts.idle]).to.deep.equal([false, 1])
  })

  it('is deferred once, however much is marked', () => {
    const amounts = new Amounts(0, undefined)
    for (let i = 0; i < 5; i++) amounts.add(`t${i}`, 1)
    expect(amounts.clock.step()).to.equal(true)
    expect(amounts.clock.step()).to.equal(false)
    expect(amounts.log).to.have.length(5)
  })

  it('looks at the clock after every table, so that many tables are no long turn', () => {
    const amounts = new Amounts(1_000, 10)
    for (const name of ['a', 'b', 'c']) amounts.add(name, 10)
    amounts.clock.step()
    expect(amounts.log).to.deep.equal(['a:10'])
    expect(amounts.turn.isBusy).to.equal(true)
    amounts.clock.settle()
    expect(amounts.log).to.deep.equal(['a:10', 'b:10', 'c:10'])
    expect(amounts.idle).to.equal(1)
  })

  it('lets tables take turns: one that is always busy starves nobody', () => {
    const amounts = new Amounts(1_000, 10)
    amounts.add('busy', 1_000)
    amounts.add('other', 20)
    for (let i = 0; i < 4; i++) amounts.clock.step()
    expect(amounts.log).to.deep.equal(['busy:10', 'other:10', 'busy:10', 'other:10'])
  })

  it('tells gateways of what an agent has changed before it tells agents', () => {
    const work = new Amounts(0, undefined)
    work.add('blue', 1, {})
    work.add('vpn', 1)
    work.clock.settle()
    expect(work.log).to.deep.equal(['vpn:1', 'blue:1'])
  })

  it('lets VRFs and the tables that all share take turns when there is no time for both', () => {
    const work = new Amounts(1_000, 10)
    work.add('blue', 40, {})
    work.add('vpn', 40)
    work.add('red', 20, {})
    for (let turn = 0; turn < 6; turn++) work.clock.step()
    expect(work.log).to.deep.equal(['vpn:10', 'blue:10', 'vpn:10', 'red:10', 'vpn:10', 'blue:10'])
  })

  it('replicates all tables before anybody is told of one', () => {
    const log: string[] = []
    turnOf(log, 0, { a: 1, b: 1 })
    expect(log).to.deep.equal(['replicate a', 'replicate b', 'export a', 'export b'])
  })

  it('tells between slices though replication takes all the time', () => {
    const log: string[] = []
    turnOf(log, 1_000, { a: 2, b: 2 })
    expect(log.slice(0, 4)).to.deep.equal(['replicate a', 'export a', 'replicate b', 'export b'])
  })

  it('forgets a table that is gone', () => {
    const amounts = new Amounts(1_000, 10)
    amounts.add('a', 10)
    const gone = amounts.add('b', 10)
    amounts.clock.step()
    amounts.turn.deactivate(gone)
    amounts.clock.settle()
    expect(amounts.log).to.deep.equal(['a:10'])
  })
})

/** Runs turns over tables with so many slices of work for the replicator, and as many for groups. */
function turnOf(log: string[], tickMs: number, slices: Record<string, number>): void {
  const clock = new TurnClock(tickMs)
  const left = { replicate: { ...slices }, export: { ...slices } }
  const take = (kind: keyof typeof left, { name }: Table): number => {
    if (left[kind][name] === 0) return 0
    left[kind][name]!--
    log.push(`${kind} ${name}`)
    return 1
  }
  const turn = new Turn(clock, {
    sliceRoutes: 1,
    advance: () => 0,
    replicate: (table) => take('replicate', table),
    export: (table) => take('export', table),
    reap: () => 0,
    onIdle: () => {},
  })
  for (const name of Object.keys(slices)) turn.activate({ name } as Table)
  clock.settle()
}
