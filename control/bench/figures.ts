/**
 * What the benchmark measures, with units; and the three numbers that several runs of one figure become.
 */
export interface Figure {
  readonly title: string
  /** Text of a value in the unit of the title. */
  format(value: number): string
  /** The peers' best median is the yardstick: of speed or of memory. */
  readonly compared?: 'speed' | 'memory'
}

const MIB = 1024 * 1024

function fixed(digits: number, unit = 1): (value: number) => string {
  return (value) => (value / unit).toFixed(digits)
}

/** Three significant digits, or nearly. */
function seconds(value: number): string {
  if (value < 0.1) return value.toFixed(4)
  return value < 10 ? value.toFixed(3) : value.toFixed(1)
}

/** Groups of three digits. */
function whole(value: number): string {
  return value.toLocaleString('en')
}

export const figures = {
  routes: { title: 'routes out', format: whole },
  seconds: { title: 'seconds', format: seconds, compared: 'speed' },
  microsEach: { title: 'µs a route', format: fixed(2) },
  cpuSec: { title: 'CPU s', format: fixed(2) },
  peakOctets: { title: 'peak MiB', format: fixed(0, MIB), compared: 'memory' },
  p50Ms: { title: 'p50 ms', format: fixed(2) },
  p99Ms: { title: 'p99 ms', format: fixed(2) },
  maxMs: { title: 'max ms', format: fixed(2) },
  floorP50Ms: { title: 'echo p50 ms', format: fixed(2) },
  floorP99Ms: { title: 'echo p99 ms', format: fixed(2) },
  stallMs: { title: 'longest stall ms', format: fixed(1) },
  ownStallMs: { title: 'own stall ms', format: fixed(1) },
  flaps: { title: 'flaps', format: fixed(0) },
  keepaliveLateMs: { title: 'keepalive late ms', format: fixed(0) },
  octetsEach: { title: 'octets each', format: fixed(0), compared: 'memory' },
  octetsEachCollected: { title: 'after collection', format: fixed(0) },
  loadShare: { title: 'load busy %', format: fixed(0, 0.01) },
} as const satisfies Record<string, Figure>

export type FigureName = keyof typeof figures
export const figureNames = Object.keys(figures) as FigureName[]

/** What one run measured. */
export type Sample = Readonly<Partial<Record<FigureName, number>>>

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
  return { min: sorted[0]!, median, max: sorted.at(-1)! }
}

/** The value that `share` (0 to 1) of all do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
}
