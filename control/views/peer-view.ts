/** A BGP peer as JSON: the speaker's own view, with an age for its point on the monotonic clock. */
import type { PeerView as SpeakerPeerView } from '../../bgp/session/peer-view.ts'

export type PeerView = Omit<SpeakerPeerView, 'sinceMs'> & {
  /** Seconds in this state. */
  readonly ageSec: number
}

export function peerView(peer: SpeakerPeerView, ageSec: number): PeerView {
  const { sinceMs: _, ...rest } = peer
  return { ...rest, ageSec }
}
