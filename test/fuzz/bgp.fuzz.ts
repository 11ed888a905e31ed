/**
 * Mutation fuzzing of the BGP decoders and of whole sessions, for as long as one likes:
 *
 *   node test/fuzz/bgp.fuzz.ts --decodes 1000000 --seed 7
 *
 * One message in a hundred goes through a whole speaker too. Prints progress; on a failure the message in hex and the seed.
 * A worker watches that progress goes on, because nothing else could end a decoder that loops. A short run of the same is
 * part of the tests (bgp-fuzz.spec.ts).
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { DecodeFuzz } from './decode-fuzz.ts'
import { PeeringFuzz } from './peering-fuzz.ts'

const SLICE = 50_000
const HANG_MS = 20_000
/** Heap that may come and go between two collections. */
const MAX_GROWTH_OCTETS = 32 * 2 ** 20

const { values } = parseArgs({
  options: { decodes: { type: 'string', default: '1000000' }, seed: { type: 'string' } },
})
const wanted = Number(values.decodes)
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed)

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const beat = new Int32Array(new SharedArrayBuffer(4))
const watch = new Worker(
  `const { workerData } = require('node:worker_threads')
   let last = -1
   setInterval(() => {
     const now = Atomics.load(workerData.beat, 0)
     if (now === last) { console.error('no progress since beat ' + now + ', seed ${seed}'); process.exit(1) }
     last = now
   }, ${HANG_MS})`,
  { eval: true, workerData: { beat } },
)
watch.unref()

const started = performance.now()
const decoding = new DecodeFuzz(seed)
const peering = new PeeringFuzz(seed)
await peering.start()
process.stdout.write(`seed ${seed}\n`)
let floor = 0
while (decoding.report.decodes < wanted) {
  const slice = Math.min(SLICE, wanted - decoding.report.decodes)
  decoding.run(slice)
  peering.run(Math.ceil(slice / 100))
  Atomics.add(beat, 0, 1)
  collect()
  const { heapUsed } = process.memoryUsage()
  // The first slice fills what is remembered; from then on it must not grow.
  if (floor === 0 && decoding.report.decodes >= 4 * SLICE) floor = heapUsed
  if (floor > 0 && heapUsed > floor + MAX_GROWTH_OCTETS)
    throw new Error(`the heap has grown to ${heapUsed} octets`)
  const { decodes, roundTrips, frames } = decoding.report
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  process.stdout.write(
    `${decodes} decodes, ${roundTrips} round trips, ${frames} frames; ` +
      `${peering.messages} messages in ${peering.sessions} sessions; ${Math.round(heapUsed / 2 ** 20)} MiB, ${seconds} s\n`,
  )
}
process.exit(0)
