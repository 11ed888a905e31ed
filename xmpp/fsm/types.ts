/**
 * Vocabulary of the server's side of an agent's stream (agent-channel reference 1.3 to 1.8).
 *
 *                 streamOpened                                        with TLS:
 *   opening ------------------------> established          opening --streamOpened--> startTls --startTlsRequested-->
 *      |                                   |                securing --secured--> reopening --streamOpened--> established
 *      '--- any error, open timer ---> closed <--- hold timer, error, violation, loss ---'
 *
 * There is no way to say "no" on this channel but to close it; the agent comes back by itself.
 */
import type { StreamError } from '../wire/stream-error.ts'

export type Phase = 'opening' | 'startTls' | 'securing' | 'reopening' | 'established' | 'closed'

export const phases: readonly Phase[] = [
  'opening',
  'startTls',
  'securing',
  'reopening',
  'established',
  'closed',
]

/** `sendHold` is RFC 9687's idea: an agent that takes nothing for long is gone, whatever it still says. */
export type TimerName = 'open' | 'hold' | 'keepalive' | 'sendHold'

/** A session that already has the name under which a new one wants to be established. */
export interface Rival {
  /** It comes from the same address. */
  readonly isSameAddress: boolean
  /** Time since anything was heard of it. */
  readonly silentMs: number
}

export type Event =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'streamOpened'; readonly from: string; readonly rival: Rival | undefined }
  | { readonly kind: 'startTlsRequested' }
  /** The TLS handshake is done. */
  | { readonly kind: 'secured' }
  /** Octets came, whatever they were. */
  | { readonly kind: 'heard' }
  /** A stanza other than STARTTLS. */
  | { readonly kind: 'stanza' }
  | { readonly kind: 'streamClosed' }
  | { readonly kind: 'streamBroken'; readonly error: StreamError }
  /** The agent broke an ordering rule (agent-channel reference 2.3). */
  | { readonly kind: 'violated'; readonly detail: string }
  | { readonly kind: 'timerExpired'; readonly timer: TimerName }
  /** The transport takes no more; then, it takes more again. */
  | { readonly kind: 'outputBlocked' }
  | { readonly kind: 'outputDrained' }
  | { readonly kind: 'holdTimeChanged'; readonly holdTimeSec: number }
  | { readonly kind: 'connectionLost'; readonly detail: string }
  /** Our own decision. */
  | { readonly kind: 'stopped'; readonly detail: string }

export type Action =
  | { readonly kind: 'startTimer'; readonly timer: TimerName; readonly ms: number }
  | { readonly kind: 'stopTimer'; readonly timer: TimerName }
  | { readonly kind: 'send'; readonly text: string }
  /** Puts TLS below the stream, after what was sent. */
  | { readonly kind: 'startTls' }
  /** Ends the session that has our name, before sessionUp. */
  | { readonly kind: 'dropRival' }
  | { readonly kind: 'sessionUp'; readonly name: string }
  /** The stanza means something now. */
  | { readonly kind: 'deliver' }
  /** Only where sessionUp went before. */
  | { readonly kind: 'sessionDown'; readonly detail: string }
  /** The end before the session was up. */
  | { readonly kind: 'attemptFailed'; readonly detail: string }
  /** Ends the transport after what was sent. */
  | { readonly kind: 'disconnect' }

/** One connection's machine: a value, replaced by each step. */
export interface Machine {
  readonly phase: Phase
  /** Our host name, for the answer. */
  readonly serverName: string
  /** Agents must secure the connection first. */
  readonly hasTls: boolean
  readonly holdTimeSec: number
  /** The agent's name, once it has opened its stream. */
  readonly name: string | undefined
}

export interface Transition {
  readonly machine: Machine
  readonly actions: readonly Action[]
}
