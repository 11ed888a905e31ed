import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RestartMarker } from '../../../control/restart-marker.ts'
import { RestartPhase } from '../../../control/restart-phase.ts'
import type { AgentActivity } from '../../../control/restart-phase.ts'
import { StateDir } from '../../../control/state-dir.ts'
import { silentLog } from '../../../rib/log.ts'
import { FakeClock } from '../../support/fake-clock.ts'

describe('the wait after a restart (RFC 4724 §4.1)', () => {
  const clock = (): FakeClock => new FakeClock()

  class Wait {
    readonly timers = clock()
    readonly peers = new Set<string>()
    readonly agents = new Map<string, AgentActivity>()
    isOver = false
    readonly phase: RestartPhase

    constructor(agents: string[], peers: string[]) {
      this.phase = new RestartPhase({
        timers: this.timers,
        log: silentLog,
        awaited: { agents, peers },
        deferralSec: 60,
        agents: () => [...this.agents.values()],
        settledPeers: () => [...this.peers],
        onOver: () => (this.isOver = true),
      })
    }

    agent(name: string, stanzas: number, hasSentEndOfRib = false): void {
      this.agents.set(name, { name, stanzas, hasSentEndOfRib })
    }
  }

  it('is over at once where the predecessor had nobody', () => {
    expect(new Wait([], []).isOver).to.equal(true)
  })

  it('lasts until every peer of the predecessor has said all it has', () => {
    const wait = new Wait([], ['gw', 'gw2'])
    wait.peers.add('gw')
    wait.timers.advance(10_000)
    expect(wait.isOver).to.equal(false)
    wait.peers.add('gw2')
    wait.timers.advance(250)
    expect(wait.isOver).to.equal(true)
  })

  it('lasts until every agent is back and has gone quiet', () => {
    const wait = new Wait(['compute-1'], [])
    for (let stanzas = 1; stanzas < 20; stanzas++) {
      wait.agent('compute-1', stanzas)
      wait.timers.advance(1_000)
      expect(wait.isOver).to.equal(false)
    }
    wait.timers.advance(2_000)
    expect(wait.isOver).to.equal(true)
  })

  it('does not wait for quiet from an agent that has sent End-of-RIB', () => {
    const wait = new Wait(['compute-1'], [])
    wait.agent('compute-1', 5, true)
    wait.timers.advance(250)
    expect(wait.isOver).to.equal(true)
  })

  it('ends with the Selection_Deferral_Timer, whoever is missing', () => {
    const wait = new Wait(['compute-1'], ['gw'])
    wait.timers.advance(59_900)
    expect(wait.isOver).to.equal(false)
    wait.timers.advance(250)
    expect(wait.isOver).to.equal(true)
  })
})

describe('the marker for a successor', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-marker-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const marker = (): RestartMarker => new RestartMarker(new StateDir(folder, silentLog))

  it('tells who was there', async () => {
    await marker().keep({ agents: ['compute-2', 'compute-1'], peers: ['gw'] })
    expect(await marker().load()).to.deep.equal({ agents: ['compute-1', 'compute-2'], peers: ['gw'] })
  })

  it('is not there on a first start, nor after a final stop', async () => {
    expect(await marker().load()).to.equal(undefined)
    const last = marker()
    await last.keep({ agents: [], peers: [] })
    await last.remove()
    expect(await marker().load()).to.equal(undefined)
  })

  it('says that there was somebody even when it is damaged', async () => {
    const file = join(folder, 'restart.json')
    writeFileSync(file, '{"version": 1, "agents": 7}')
    expect(await marker().load()).to.deep.equal({ agents: [], peers: [] })
    expect(readFileSync(file, 'utf8')).to.contain('7')
  })
})
