import { expect } from 'chai'
import fc from 'fast-check'
import { AdjPathsOut } from '../../rib/adj-paths-out.ts'
import { PathWants } from '../../rib/path-offers.ts'
import type { Table } from '../../rib/table.ts'

const ROWS = 4
const MEMBERS = 40

interface Held {
  want: number
  label: number
  readonly sent: Set<number>
  readonly stale: Set<number>
}

/** The same as plain maps and sets: row, then path identifier. */
class Model {
  readonly rows = Array.from({ length: ROWS }, () => new Map<number, Held>())

  offer(row: number, offers: ReadonlyMap<number, readonly [number, number]>): void {
    const paths = this.rows[row]!
    for (const pathId of offers.keys())
      if (!paths.has(pathId)) paths.set(pathId, { want: 0, label: 0, sent: new Set(), stale: new Set() })
    for (const [pathId, held] of paths) {
      const [want, label] = offers.get(pathId) ?? [0, 0]
      if (held.want === want && held.label === label) continue
      Object.assign(held, { want, label })
      for (const member of held.sent) held.stale.add(member)
      held.sent.clear()
    }
  }

  /** Members are told of what is wanted: they have it, or nothing. */
  tell(row: number, members: readonly number[]): void {
    for (const held of this.rows[row]!.values()) {
      for (const member of members) {
        held.stale.delete(member)
        if (held.want === 0) held.sent.delete(member)
        else held.sent.add(member)
      }
    }
  }

  clear(member: number): void {
    for (const paths of this.rows) {
      for (const held of paths.values()) {
        held.sent.delete(member)
        held.stale.delete(member)
      }
    }
  }

  adopt(other: Model, from: number, to: number): void {
    other.rows.forEach((paths, row) => {
      for (const [pathId, theirs] of paths) {
        if (!theirs.sent.has(from) && !theirs.stale.has(from)) continue
        const mine = this.rows[row]!
        if (!mine.has(pathId)) mine.set(pathId, { want: 0, label: 0, sent: new Set(), stale: new Set() })
        const held = mine.get(pathId)!
        const isFree = held.want === 0 && held.sent.size === 0 && held.stale.size === 0
        if (theirs.sent.has(from) && isFree) Object.assign(held, { want: theirs.want, label: theirs.label })
        const isSame = held.want === theirs.want && held.label === theirs.label
        if (theirs.sent.has(from) && isSame) held.sent.add(to)
        else held.stale.add(to)
      }
    })
  }

  prune(): void {
    for (const paths of this.rows) {
      for (const [pathId, held] of paths)
        if (held.want === 0 && held.sent.size === 0 && held.stale.size === 0) paths.delete(pathId)
    }
  }

  text(): string[] {
    this.prune()
    return this.rows.flatMap((paths, row) =>
      [...paths]
        .sort(([a], [b]) => a - b)
        .map(([pathId, { want, label, sent, stale }]) => line(row, pathId, [want, label], [sent, stale])),
    )
  }
}

function line(row: number, pathId: number, offer: readonly number[], sets: readonly Set<number>[]): string {
  const members = sets.map((set) => [...set].sort((a, b) => a - b).join(','))
  return `row ${row} path ${pathId}: ${offer.join('/')} sent ${members[0]} stale ${members[1]}`
}

/** The structure, with what it retains. */
class Subject {
  readonly references = new Map<number, number>()
  readonly out: AdjPathsOut
  words = 1

  constructor() {
    const change = (want: number, by: number): void => {
      this.references.set(want, (this.references.get(want) ?? 0) + by)
    }
    const rule = { retain: (want: number) => change(want, 1), release: (want: number) => change(want, -1) }
    this.out = new AdjPathsOut({ routes: { rowCount: ROWS } } as Table, rule, this.words)
    this.out.fit()
  }

  offer(row: number, offers: ReadonlyMap<number, readonly [number, number]>): void {
    const wants = new PathWants()
    // In any order, as paths rank.
    for (const [pathId, [want, label]] of offers) {
      Object.assign(wants.next(), { want, label })
      wants.keep(pathId)
    }
    this.out.offer(row, wants)
    this.out.prune(row)
  }

  tell(row: number, members: readonly number[]): void {
    const { out } = this
    for (let entry = out.first(row); entry !== 0; entry = out.next(entry)) {
      for (const member of members) {
        const [word, bit] = [member >>> 5, 1 << (member & 31)]
        const sent = out.sent(entry, word)
        out.setSent(entry, word, out.want(entry) === 0 ? sent & ~bit : sent | bit)
        out.setStale(entry, word, out.stale(entry, word) & ~bit)
      }
    }
    out.prune(row)
  }

  widen(): void {
    if (this.words === 1) this.out.widen((this.words = 2))
  }

  text(): string[] {
    const { out } = this
    const lines: string[] = []
    for (let row = 0; row < ROWS; row++) {
      for (let entry = out.first(row); entry !== 0; entry = out.next(entry)) {
        const all = Array.from({ length: this.words * 32 }, (_, member) => member)
        const sent = new Set(all.filter((member) => out.hasSent(entry, member)))
        const stale = new Set(all.filter((member) => out.holds(entry, member) && !out.hasSent(entry, member)))
        lines.push(line(row, out.pathId(entry), [out.want(entry), out.label(entry)], [sent, stale]))
      }
    }
    return lines
  }
}

const row = fc.integer({ min: 1, max: ROWS - 1 })
const offers = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), fc.nat(1)), {
    maxLength: 4,
    selector: ([pathId]) => pathId,
  })
  .map((list) => new Map(list.map(([pathId, want, label]) => [pathId, [want, label] as const])))
const members = fc.uniqueArray(fc.nat(MEMBERS - 1), { maxLength: 3 })
const side = fc.nat(1)
const step = fc.oneof(
  fc.record({ kind: fc.constant('offer' as const), side, row, offers }),
  fc.record({ kind: fc.constant('tell' as const), side, row, members }),
  fc.record({ kind: fc.constant('clear' as const), side, member: fc.nat(MEMBERS - 1) }),
  fc.record({ kind: fc.constant('adopt' as const), side, from: fc.nat(MEMBERS - 1) }),
)

describe('AdjPathsOut', () => {
  it('is what maps and sets of the same history are, with one reference for each offer', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const subjects = [new Subject(), new Subject()] as const
        const models = [new Model(), new Model()] as const
        for (const one of steps) {
          const [subject, model] = [subjects[one.side]!, models[one.side]!]
          if (one.kind === 'offer') {
            subject.offer(one.row, one.offers)
            model.offer(one.row, one.offers)
          } else if (one.kind === 'tell') {
            if (one.members.some((member) => member >= 32)) subject.widen()
            subject.tell(one.row, one.members)
            model.tell(one.row, one.members)
          } else {
            const member = one.kind === 'clear' ? one.member : one.from
            if (member >= 32) for (const each of subjects) each.widen()
            if (one.kind === 'adopt') {
              // Who comes has a number of its own here.
              subject.out.clearMember(member)
              model.clear(member)
              model.prune()
              const other = 1 - one.side
              subject.out.adoptHeld(subjects[other]!.out, member, member)
              model.adopt(models[other]!, member, member)
            } else {
              subject.out.clearMember(member)
              model.clear(member)
            }
          }
          expect(subject.text()).to.deep.equal(model.text())
          expect(subject.out.countHeld(3)).to.equal(heldBy(model, 3))
        }
        for (const [i, subject] of subjects.entries()) {
          const offered = models[i]!.rows.flatMap((paths) => [...paths.values()].map(({ want }) => want))
          for (const want of [1, 2, 3])
            expect(subject.references.get(want) ?? 0).to.equal(offered.filter((one) => one === want).length)
          subject.out.releaseAll()
          expect([...subject.references.values()].every((count) => count === 0)).to.equal(true)
          expect(subject.text()).to.deep.equal([])
        }
      }),
      { numRuns: 500 },
    )
  })
})

function heldBy(model: Model, member: number): number {
  return model.rows
    .flatMap((paths) => [...paths.values()])
    .filter(({ sent, stale }) => sent.has(member) || stale.has(member)).length
}
