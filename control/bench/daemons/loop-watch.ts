/**
 * Loaded into heddle's process by the benchmark (node --import), to see from inside what nobody sees from outside: how
 * long the event loop was away, and what stays resident after a garbage collection.
 *
 *   'stall'    ◄── the longest delay since the last question, in milliseconds
 *   'collect'  ◄── resident octets after a full collection
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const EVERY_MS = 2

export type LoopQuestion = 'stall' | 'collect'

let lastMs = performance.now()
let longestMs = 0

setInterval(() => {
  const now = performance.now()
  longestMs = Math.max(longestMs, now - lastMs - EVERY_MS)
  lastMs = now
}, EVERY_MS).unref()

function answer(question: LoopQuestion): number {
  if (question === 'stall') {
    const stall = longestMs
    longestMs = 0
    return stall
  }
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage.rss()
}

process.on('message', (question: LoopQuestion) => process.send?.(answer(question)))
// Questions keep nobody alive.
process.channel?.unref()
