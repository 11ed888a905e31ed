/** A peer's errors as JSON: the speaker's own view, with a time of day for its points on the monotonic clock. */
import type { LastError, PeerErrors } from '../../bgp/session/peer-errors.ts'

export type LastErrorView = Omit<LastError, 'atMs'> & {
  /** ISO 8601, UTC. */
  readonly time: string
}

export type PeerErrorsView = Omit<PeerErrors, 'last'> & { readonly last: readonly LastErrorView[] }

/** One moment on both clocks. */
export interface Moment {
  readonly monotonicMs: number
  readonly wallMs: number
}

export function peerErrorsView(errors: PeerErrors, now: Moment): PeerErrorsView {
  const last = errors.last.map(({ atMs, ...rest }) => ({
    time: new Date(now.wallMs - (now.monotonicMs - atMs)).toISOString(),
    ...rest,
  }))
  return { ...errors, last }
}
