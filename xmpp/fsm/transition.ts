/**
 * The step of an agent's stream: (machine, event) -> (machine, actions). Pure and total; the executor is
 * xmpp/session/agent.ts.
 */
import { encodeStreamAnswer, KEEPALIVE, PROCEED, STREAM_FEATURES } from '../wire/stream-header.ts'
import { encodeStreamError, StreamError } from '../wire/stream-error.ts'
import { duplicateVerdict } from './duplicate.ts'
import type { Action, Event, Machine, Phase, TimerName, Transition } from './types.ts'

/** From accept to a valid stream, TLS included. */
export const OPEN_TIMER_MS = 15_000

/** Least time without progress after which an agent that does not read is given up. */
export const SEND_HOLD_MS = 480_000

/** A machine for a connection that was just accepted. */
export function newMachine(config: Pick<Machine, 'serverName' | 'hasTls' | 'holdTimeSec'>): Machine {
  return { ...config, phase: 'opening', name: undefined }
}

/** One step. */
export function step(machine: Machine, event: Event): Transition {
  if (machine.phase === 'closed') return stay(machine)
  switch (event.kind) {
    case 'accepted':
      return stay(machine, [{ kind: 'startTimer', timer: 'open', ms: OPEN_TIMER_MS }])
    case 'streamOpened':
      return stepStreamOpened(machine, event)
    case 'startTlsRequested':
      if (machine.phase !== 'startTls') return unexpected(machine, 'STARTTLS')
      return go(machine, 'securing', [{ kind: 'send', text: PROCEED }, { kind: 'startTls' }])
    case 'secured':
      return machine.phase === 'securing' ? go(machine, 'reopening', []) : stay(machine)
    case 'heard':
      return machine.phase === 'established' ? stay(machine, [startHold(machine)]) : stay(machine)
    case 'stanza':
      return machine.phase === 'established' ? stay(machine, [deliver]) : unexpected(machine, 'a stanza')
    case 'streamClosed':
      // The field ignores it once established; before, there is nothing left to wait for.
      return machine.phase === 'established' ? stay(machine) : end(machine, 'the agent closed its stream')
    case 'streamBroken':
      return breakStream(machine, event.error)
    case 'violated':
    case 'stopped':
    case 'connectionLost':
      return end(machine, event.detail)
    case 'timerExpired':
      return stepTimer(machine, event.timer)
    case 'outputBlocked':
      return machine.phase === 'established' ? stay(machine, [startSendHold(machine)]) : stay(machine)
    case 'outputDrained':
      return stay(machine, [{ kind: 'stopTimer', timer: 'sendHold' }])
    case 'holdTimeChanged':
      return stepHoldTime({ ...machine, holdTimeSec: event.holdTimeSec })
  }
}

function stepStreamOpened(machine: Machine, event: Extract<Event, { kind: 'streamOpened' }>): Transition {
  const { phase } = machine
  if (phase !== 'opening' && phase !== 'reopening') return unexpected(machine, 'a stream header')
  if (machine.name !== undefined && machine.name !== event.from) {
    return breakStream(machine, new StreamError('invalid-from', 'another name after STARTTLS'))
  }
  const named: Machine = { ...machine, name: event.from }
  const answer = encodeStreamAnswer(machine.serverName, event.from)
  if (machine.hasTls && phase === 'opening') {
    return go(named, 'startTls', [{ kind: 'send', text: answer + STREAM_FEATURES }])
  }
  const verdict = duplicateVerdict(event.rival, machine.holdTimeSec)
  if (verdict === 'refuse') return end(named, 'another session has this name')
  return go(named, 'established', [
    ...(verdict === 'replace' ? [dropRival] : []),
    { kind: 'stopTimer', timer: 'open' },
    { kind: 'send', text: answer },
    startHold(machine),
    startKeepalive(machine),
    { kind: 'sessionUp', name: event.from },
  ])
}

function stepTimer(machine: Machine, timer: TimerName): Transition {
  if (timer === 'keepalive') {
    if (machine.phase !== 'established') return stay(machine)
    return stay(machine, [{ kind: 'send', text: KEEPALIVE }, startKeepalive(machine)])
  }
  if (timer === 'hold' || timer === 'sendHold') {
    const detail =
      timer === 'hold' ? 'hold timer expired' : 'send hold timer expired: the agent does not read'
    return machine.phase === 'established' ? end(machine, detail) : stay(machine)
  }
  if (machine.phase === 'established') return stay(machine)
  // The one case in which the field says goodbye (agent-channel reference 1.5).
  return end(machine, 'open timer expired', [{ kind: 'send', text: '</stream:stream>' }])
}

function stepHoldTime(machine: Machine): Transition {
  if (machine.phase !== 'established') return stay(machine)
  return stay(machine, [startHold(machine), startKeepalive(machine)])
}

function unexpected(machine: Machine, what: string): Transition {
  return breakStream(machine, new StreamError('policy-violation', `${what} in phase ${machine.phase}`))
}

/** RFC 6120 §4.9.1.2: an error before our header is sent after one. During a handshake nothing can be said. */
function breakStream(machine: Machine, error: StreamError): Transition {
  const { phase } = machine
  const needsHeader = phase === 'opening' || phase === 'reopening'
  const header = needsHeader ? encodeStreamAnswer(machine.serverName, machine.name ?? '') : ''
  const said: Action[] =
    phase === 'securing' ? [] : [{ kind: 'send', text: header + encodeStreamError(error) }]
  return end(machine, error.toString(), said)
}

function end(machine: Machine, detail: string, before: readonly Action[] = []): Transition {
  const wasUp = machine.phase === 'established'
  return go(machine, 'closed', [
    ...before,
    { kind: 'stopTimer', timer: 'open' },
    { kind: 'stopTimer', timer: 'hold' },
    { kind: 'stopTimer', timer: 'keepalive' },
    { kind: 'stopTimer', timer: 'sendHold' },
    { kind: wasUp ? 'sessionDown' : 'attemptFailed', detail },
    { kind: 'disconnect' },
  ])
}

const deliver: Action = { kind: 'deliver' }
const dropRival: Action = { kind: 'dropRival' }

function startHold(machine: Machine): Action {
  return { kind: 'startTimer', timer: 'hold', ms: machine.holdTimeSec * 1_000 }
}

/** RFC 9687 §3. */
function startSendHold(machine: Machine): Action {
  return { kind: 'startTimer', timer: 'sendHold', ms: Math.max(SEND_HOLD_MS, 2_000 * machine.holdTimeSec) }
}

function startKeepalive(machine: Machine): Action {
  return { kind: 'startTimer', timer: 'keepalive', ms: Math.ceil((machine.holdTimeSec * 1_000) / 3) }
}

function go(machine: Machine, phase: Phase, actions: readonly Action[]): Transition {
  return { machine: { ...machine, phase }, actions }
}

function stay(machine: Machine, actions: readonly Action[] = nothing): Transition {
  return { machine, actions }
}

const nothing: readonly Action[] = []
