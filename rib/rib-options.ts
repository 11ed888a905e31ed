/** What a RIB is told when it is made. */
import type { Clock } from './clock.ts'

export interface RibOptions {
  readonly localAs: number
  /** BGP identifier, unsigned. */
  readonly routerId: number
  readonly clusterId?: number
  readonly clock: Clock
  /** Routes between two looks at the clock; tests cut histories into slices of one route. */
  readonly sliceRoutes?: number
  /** Random in a daemon: no peer can choose prefixes that meet in the index. */
  readonly hashSeed?: number
}
