/**
 * What a daemon says of its version, and what the machine is: a figure without them means nothing.
 */
import { execFile } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import { promisify } from 'node:util'
import { daemonKinds } from './daemon-kind.ts'
import type { DaemonKind, DaemonName } from './daemon-kind.ts'

const run = promisify(execFile)

/** The first number with dots in what it prints, or undefined when it is not installed or says none. */
async function daemonVersion(kind: DaemonKind, path: string): Promise<string | undefined> {
  const program = kind.find(path)
  if (program === undefined) return undefined
  try {
    const { stdout, stderr } = await run(program, kind.versionArgs, { timeout: 10_000 })
    return /\d+(\.\d+)+/.exec(stdout + stderr)?.[0]
  } catch {
    return undefined
  }
}

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryOctets: number
  readonly kernel: string
  readonly node: string
}

export function machine(): Machine {
  const all = cpus()
  return {
    processor: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryOctets: totalmem(),
    kernel: release(),
    node: process.version,
  }
}

/** Versions of the peers among these, by title. */
export async function peerVersions(
  names: readonly DaemonName[],
  path: string,
): Promise<Record<string, string>> {
  const peers = daemonKinds.filter(({ name }) => name !== 'heddle' && names.includes(name))
  const found = await Promise.all(
    peers.map(async (kind) => [kind.title, await daemonVersion(kind, path)] as const),
  )
  return Object.fromEntries(found.filter((each): each is readonly [string, string] => each[1] !== undefined))
}
