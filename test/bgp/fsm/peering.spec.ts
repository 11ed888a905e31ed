import { expect } from 'chai'
import type { Capability } from '../../../bgp/wire/capability.ts'
import { acceptConnection, newPeering, startPeering, stepPeering } from '../../../bgp/fsm/peering.ts'
import type { ConnectionId, Peering, PeeringTransition } from '../../../bgp/fsm/peering.ts'
import type { Event } from '../../../bgp/fsm/types.ts'
import { Family } from '../../../rib/model/family.ts'
import { config, peerOpen, sampleEvents } from './machines.ts'

/** A passive peering, and what it did about each connection: `1 sendOpen`, `1 sendNotification 6/7`. */
class Recorder {
  peering: Peering = startPeering(newPeering({ ...config, passive: true })).peering
  readonly actions: string[] = []

  accept(id: ConnectionId): void {
    this.#commit(acceptConnection(this.peering, id))
  }

  tell(id: ConnectionId, ...events: Event[]): void {
    for (const event of events) this.#commit(stepPeering(this.peering, id, event))
  }

  /** Those since the last call, without timers. */
  take(): string[] {
    return this.actions.splice(0)
  }

  #commit({ peering, actions }: PeeringTransition): void {
    this.peering = peering
    for (const { id, action } of actions) {
      if (action.kind === 'startTimer' || action.kind === 'stopTimer') continue
      const code = action.kind === 'sendNotification' ? action.notification : undefined
      this.actions.push(`${id} ${action.kind}${code ? ` ${code.code}/${code.subcode}` : ''}`)
    }
  }
}

function open(restart?: { restartState: boolean; families: boolean }): Event {
  if (!restart) return { kind: 'BgpOpen', open: peerOpen({ capabilities: withoutRestart }) }
  const capability: Capability = {
    kind: 'gracefulRestart',
    restartState: restart.restartState,
    notification: false,
    restartTimeSec: 120,
    families: restart.families ? [{ family: Family.inetVpn, forwarding: true }] : [],
  }
  return { kind: 'BgpOpen', open: peerOpen({ capabilities: [...withoutRestart, capability] }) }
}

const withoutRestart = peerOpen().capabilities.filter((row) => row.kind !== 'gracefulRestart')
const { KeepAliveMsg, KeepaliveTimerExpires } = sampleEvents

describe('a second connection of a peer whose session is Established', () => {
  let recorder: Recorder

  function established(first: Event): void {
    recorder = new Recorder()
    recorder.accept(1)
    recorder.tell(1, first, KeepAliveMsg)
    recorder.take()
  }

  const refused = [
    '2 sendOpen',
    '1 sendKeepalive',
    '2 sendNotification 6/7',
    '2 disconnect',
    '2 attemptFailed',
  ]
  const replaced = ['2 sendOpen', '1 disconnect', '1 sessionDown', '2 sendKeepalive']

  it('is closed (RFC 4271 §6.8), and the session probed: a host that restarted will reset it', () => {
    established(open())
    recorder.accept(2)
    recorder.tell(2, open())
    expect(recorder.take()).to.deep.equal(refused)
  })

  it('brings one probe until the next regular KEEPALIVE (RFC 4271 §4.4)', () => {
    established(open())
    const attempt = (id: ConnectionId): string[] => {
      recorder.accept(id)
      recorder.tell(id, open())
      return recorder.take().filter((action) => action === '1 sendKeepalive')
    }
    expect(attempt(2)).to.have.length(1)
    expect(attempt(3)).to.have.length(0)
    recorder.tell(1, KeepaliveTimerExpires)
    recorder.take()
    expect(attempt(4)).to.have.length(1)
  })

  it('replaces it when the OPEN says that the peer has restarted (RFC 4724 §4.1)', () => {
    established(open({ restartState: false, families: true }))
    recorder.accept(2)
    recorder.tell(2, open({ restartState: true, families: true }))
    expect(recorder.take()).to.deep.equal(replaced)
  })

  it('replaces a settled session with graceful restart, whatever the OPEN says (RFC 4724 §5)', () => {
    established(open({ restartState: false, families: true }))
    recorder.tell(1, KeepaliveTimerExpires)
    recorder.take()
    recorder.accept(2)
    recorder.tell(2, open())
    expect(recorder.take()).to.deep.equal(replaced)
  })

  it('does not replace a new session: the connections may have crossed', () => {
    established(open({ restartState: false, families: true }))
    recorder.accept(2)
    recorder.tell(2, open({ restartState: false, families: true }))
    expect(recorder.take()).to.deep.equal(refused)
  })

  it('does not replace the session of a mere helper, which announces no family', () => {
    established(open({ restartState: false, families: false }))
    recorder.tell(1, KeepaliveTimerExpires)
    recorder.take()
    recorder.accept(2)
    recorder.tell(2, open({ restartState: false, families: false }))
    expect(recorder.take()).to.deep.equal(refused)
  })
})

describe('a connection that waits for another one in a collision', () => {
  it('keeps a bounded number of its messages, whatever the peer sends', () => {
    // The peer's identifier is larger, so the connection that it opened would win; it has opened none, so ours waits.
    const started = startPeering(newPeering(config)).peering
    let { peering } = acceptConnection(started, 1)
    peering = stepPeering(peering, 0, sampleEvents.TcpCRAcked).peering
    peering = stepPeering(peering, 0, sampleEvents.BgpOpen).peering
    expect(peering.held?.id).to.equal(0)
    for (let i = 0; i < 1_000; i++) {
      peering = stepPeering(peering, 0, KeepAliveMsg).peering
      peering = stepPeering(peering, 0, sampleEvents.BgpOpen).peering
    }
    expect(peering.held?.events.length).to.be.at.most(4)
  })
})
