/**
 * Loaded into heddle's process by the benchmark (node --import), to see from inside what nobody sees from outside: how
 * long the event loop was away, and what stays resident after a garbage collection.
 *
 *   'stall'     ◄── the longest delay since the last question, in milliseconds
 *   'ownStall'  ◄── the same, less what the thread waited for a core although it could run: that was the kernel's choice
 *   'collect'   ◄── resident octets after a full collection
 *
 * It watches from the first question about stalls on: looking every two milliseconds takes 3.5 % of a core, with which no
 * daemon would pass for idle.
 */
import { openSync, readSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const EVERY_MS = 2

export type LoopQuestion = 'stall' | 'ownStall' | 'collect'

/** Of the main thread: nanoseconds run, nanoseconds runnable without a core, times it got one. */
const schedule = openSchedule()
const scheduleText = Buffer.alloc(128)

let watch: NodeJS.Timeout | undefined
let [lastMs, lastWaitedMs] = [0, 0]
let [longestMs, longestOwnMs] = [0, 0]

function startWatch(): NodeJS.Timeout {
  lastMs = performance.now()
  lastWaitedMs = waitedMs()
  return setInterval(look, EVERY_MS).unref()
}

function look(): void {
  const now = performance.now()
  const waited = waitedMs()
  const stall = now - lastMs - EVERY_MS
  longestMs = Math.max(longestMs, stall)
  longestOwnMs = Math.max(longestOwnMs, stall - (waited - lastWaitedMs))
  lastMs = now
  lastWaitedMs = waited
}

function openSchedule(): number | undefined {
  try {
    return openSync('/proc/self/schedstat', 'r')
  } catch {
    // A kernel without CONFIG_SCHED_INFO: every stall counts as our own.
    return undefined
  }
}

function waitedMs(): number {
  if (schedule === undefined) return 0
  const length = readSync(schedule, scheduleText, 0, scheduleText.length, 0)
  return Number(scheduleText.toString('latin1', 0, length).split(' ')[1]) / 1e6
}

function answer(question: LoopQuestion): number {
  if (question !== 'collect') watch ??= startWatch()
  if (question === 'stall') {
    const stall = longestMs
    longestMs = 0
    return stall
  }
  if (question === 'ownStall') {
    const stall = longestOwnMs
    longestOwnMs = 0
    return stall
  }
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage.rss()
}

process.on('message', (question: LoopQuestion) => process.send?.(answer(question)))
// Questions keep nobody alive.
process.channel?.unref()
