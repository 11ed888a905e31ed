import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { StateDir, StateDirError } from '../../../control/state-dir.ts'
import { decodeState, emptyState, encodeState } from '../../../control/state.ts'
import type { DaemonState } from '../../../control/state.ts'
import { silentLog } from '../../../rib/log.ts'

const example: DaemonState = {
  networkIndexes: {
    next: 4,
    byVrf: new Map([
      ['d:p:a:a', 1],
      ['d:p:b:b', 3],
    ]),
  },
  allocations: new Map([
    ['p/web', { network: 'p/public', address: Uint8Array.of(101, 101, 101, 252) }],
    ['p/six', { network: 'p/public', address: Uint8Array.from({ length: 16 }, (_, i) => i) }],
  ]),
  labels: new Map([
    [
      'compute-1',
      {
        next: 1002,
        byPort: new Map([
          ['p/web', 1000],
          ['p/db', 1001],
        ]),
      },
    ],
  ]),
}

const key = fc.string({ maxLength: 12 })
const address = fc.constantFrom(4, 16).chain((size) => fc.uint8Array({ minLength: size, maxLength: size }))
const mapOf = <V>(value: fc.Arbitrary<V>): fc.Arbitrary<Map<string, V>> =>
  fc
    .uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 5 })
    .map((entries) => new Map(entries))
const anyState: fc.Arbitrary<DaemonState> = fc.record({
  networkIndexes: fc.record({ next: fc.nat(70000), byVrf: mapOf(fc.integer({ min: 1, max: 65535 })) }),
  allocations: mapOf(fc.record({ network: key, address })),
  labels: mapOf(fc.record({ next: fc.nat(0xfffff), byPort: mapOf(fc.nat(0xfffff)) })),
})

describe('state as text', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const decoded = decodeState(encodeState(state))
        if (!('state' in decoded)) throw new Error(decoded.fault)
        // A name that JavaScript objects treat specially may be lost; no document can have it.
        expect(normal(decoded.state)).to.deep.equal(normal(state))
      }),
    )
  })

  it('is the same text for equal states, whatever the order they were made in', () => {
    const turned: DaemonState = { ...example, allocations: new Map([...example.allocations].reverse()) }
    expect(encodeState(turned)).to.equal(encodeState(example))
  })

  it('is refused after any change of an octet, and after any truncation', () => {
    const octets = Buffer.from(encodeState(example))
    for (let at = 0; at < octets.length; at++) {
      expect(decodeState(octets.subarray(0, at).toString('utf8')), `cut at ${at}`).to.have.property('fault')
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Buffer.from(octets)
        flipped[at]! ^= 1 << bit
        expect(decodeState(flipped.toString('utf8')), `bit ${bit} of octet ${at}`).to.have.property('fault')
      }
    }
  })

  it('is refused when its checksum is right but its content is not', () => {
    const wrong = [
      { version: 2 },
      { networks: { next: 1, indexes: { a: 0 } } },
      { networks: { next: 1, indexes: { a: 65536 } } },
      { floatingIps: { a: { network: 'n', address: '1.2.3' } } },
      { labels: { a: { next: 1, ports: { p: 0x100000 } } } },
      { surprise: 1 },
    ]
    const text = encodeState(emptyState)
    const body = JSON.parse(text.slice(text.indexOf('\n') + 1)) as object
    const { crc32 } = process.getBuiltinModule('node:zlib')
    const seal = (value: unknown): string => {
      const sealed = typeof value === 'string' ? value : JSON.stringify(value)
      return `heddle-state crc32=${crc32(sealed).toString(16).padStart(8, '0')}\n${sealed}`
    }
    expect(decodeState(seal(body))).to.have.property('state')
    for (const change of wrong)
      expect(decodeState(seal({ ...body, ...change })), JSON.stringify(change)).to.have.property('fault')
    for (const value of ['', 'null', '[]', 'nonsense'])
      expect(decodeState(seal(value)), value).to.have.property('fault')
  })
})

function normal(state: DaemonState): unknown {
  const without = <V>(map: ReadonlyMap<string, V>): [string, V][] =>
    [...map].filter(([name]) => name !== '__proto__').sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    next: state.networkIndexes.next,
    byVrf: without(state.networkIndexes.byVrf),
    allocations: without(state.allocations),
    labels: without(state.labels).map(([name, { next, byPort }]) => [name, next, without(byPort)]),
  }
}

describe('StateDir', () => {
  let folder: string
  const events: { event: string; fields: unknown }[] = []
  const log = { ...silentLog, error: (event: string, fields?: object) => void events.push({ event, fields }) }
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-state-'))
    events.length = 0
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const file = (): string => join(folder, 'state.json')

  it('makes the folder and begins empty', async () => {
    const dir = new StateDir(join(folder, 'a', 'b'), log)
    expect(await dir.load()).to.deep.equal(emptyState)
    expect(existsSync(join(folder, 'a', 'b'))).to.equal(true)
  })

  it('gives back what was saved, to another process too', async () => {
    await new StateDir(folder, log).save(example)
    expect(normal(await new StateDir(folder, log).load())).to.deep.equal(normal(example))
    expect(readdirSync(folder)).to.deep.equal(['state.json'])
    expect(events).to.deep.equal([])
  })

  it('replaces the old state', async () => {
    const dir = new StateDir(folder, log)
    await dir.save(example)
    await dir.save(emptyState)
    expect(await new StateDir(folder, log).load()).to.deep.equal(emptyState)
  })

  it('does not write an unchanged state again', async () => {
    const dir = new StateDir(folder, log)
    await dir.save(example)
    rmSync(file())
    await dir.save(example)
    expect(existsSync(file())).to.equal(false)
  })

  it('sets a damaged file aside, keeps every one of them, says so, and begins empty', async () => {
    for (const text of ['', 'nonsense', encodeState(example).slice(0, -9)]) {
      writeFileSync(file(), text)
      expect(await new StateDir(folder, log).load()).to.deep.equal(emptyState)
    }
    expect(readdirSync(folder).sort()).to.deep.equal(
      [1, 2, 3].map((number) => `state.json.damaged-${number}`),
    )
    expect(readFileSync(`${file()}.damaged-2`, 'utf8')).to.equal('nonsense')
    expect(events.map(({ event }) => event)).to.deep.equal(Array(3).fill('state.damaged'))
    expect(events[1]!.fields).to.deep.include({
      file: file(),
      fault: 'it does not begin as a state file does',
    })
  })

  it('is not misled by what a crash left half written beside the file', async () => {
    await new StateDir(folder, log).save(example)
    writeFileSync(`${file()}.tmp`, encodeState(emptyState).slice(0, 20))
    const dir = new StateDir(folder, log)
    expect(normal(await dir.load())).to.deep.equal(normal(example))
    await dir.save(emptyState)
    expect(readdirSync(folder)).to.deep.equal(['state.json'])
  })

  it('never fails on random damage', async () => {
    const whole = Buffer.from(encodeState(example))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.uint8Array({ maxLength: 6 }),
        fc.nat(12),
        async (at, insert, cut) => {
          const damaged = Buffer.concat([whole.subarray(0, at), insert, whole.subarray(at + cut)])
          fc.pre(!damaged.equals(whole))
          writeFileSync(file(), damaged)
          expect(await new StateDir(folder, log).load()).to.deep.equal(emptyState)
          for (const name of readdirSync(folder)) rmSync(join(folder, name))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('belongs to one daemon at a time', async function () {
    if (process.platform !== 'linux') this.skip()
    const [first, second] = [new StateDir(folder, log), new StateDir(folder, log)]
    await first.lock()
    const error = await second.lock().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).to.be.instanceOf(StateDirError)
    expect((error as Error).message).to.match(/^another daemon uses the state folder .*spec\.stateDir/)
    await first.unlock()
    await second.lock()
    await second.unlock()
  })

  it('says what to do when the folder cannot be used', async () => {
    writeFileSync(join(folder, 'plain'), '')
    const blocked = new StateDir(join(folder, 'plain', 'state'), log)
    for (const work of [blocked.lock(), blocked.load(), blocked.save(example)]) {
      const error = await work.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).to.be.instanceOf(StateDirError)
      expect((error as Error).message).to.match(/^cannot (lock|read|write) the state folder .*spec\.stateDir/)
    }
  })

  it('leaves the old state when a new one cannot be written', async () => {
    const dir = new StateDir(folder, log)
    await dir.save(example)
    // The name of the temporary file is taken by a folder.
    mkdirSync(`${file()}.tmp`)
    const error = await dir.save(emptyState).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).to.be.instanceOf(StateDirError)
    expect(normal(await new StateDir(folder, log).load())).to.deep.equal(normal(example))
  })
})
