/**
 * What a process has used, from Linux's /proc.
 */
import { readFileSync, writeFileSync } from 'node:fs'

/** Clock ticks a second in /proc: the same on every Linux that Node runs on. */
const TICKS = 100
/** Places of utime and stime behind the program's name in /proc/PID/stat. */
const USER_TICKS = 11
const SYSTEM_TICKS = 12

/** CPU seconds so far, of all threads, in user and in kernel mode. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name is in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])) / TICKS
}

/** Largest resident memory since `forgetPeak`, or so far. */
export function peakOctets(pid: number): number {
  return statusOctets(pid, 'VmHWM')
}

/** The peak counts from now on, where the kernel allows it (proc(5), clear_refs); else it is that of all before too. */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
  } catch {
    // A kernel without it, or no permission: the peak is larger than it need be, which flatters nobody.
  }
}

export function residentOctets(pid: number): number {
  return statusOctets(pid, 'VmRSS')
}

function statusOctets(pid: number, field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (!match) throw new Error(`/proc/${pid}/status has no ${field}`)
  return Number(match[1]) * 1024
}
