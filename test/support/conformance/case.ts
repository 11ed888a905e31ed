/**
 * A conformance case as it lies in its folder: configuration, README.md, what happens (input.jsonl), and what the node did
 * (output.jsonl). One JSON object a line.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentMessage } from './agent-message.ts'
import type { BgpMessage } from './bgp-message.ts'

/** One thing that happens to the node. */
export type InputEvent =
  | { readonly note: string }
  /** Somebody opens a connection to the node. */
  | { readonly connect: string; readonly from: string; readonly to: 'bgp' | 'agents' }
  /** A connection that the node dials, named `host:port`, comes up and gets a name; or does not. */
  | { readonly answer: string; readonly as: string }
  | { readonly refuse: string }
  /** Messages on a connection, in one chunk of octets. */
  | { readonly on: string; readonly send: readonly (BgpMessage | AgentMessage)[] }
  | { readonly close: string }
  | { readonly reset: string }
  | { readonly advance: number }
  /** The configuration is read again, from this file of the folder. */
  | { readonly reload: string }
  | { readonly stop: string }

export interface ConformanceCase {
  readonly name: string
  readonly folder: string
  /** First heading of README.md: what the case shows. */
  readonly title: string
  readonly events: readonly InputEvent[]
}

/** All cases of a folder, in order. */
export function readCases(folder: string): ConformanceCase[] {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
  return names.sort().map((name) => readCase(join(folder, name), name))
}

function readCase(folder: string, name: string): ConformanceCase {
  const title = /^# (.+)$/m.exec(readFileSync(join(folder, 'README.md'), 'utf8'))?.[1]
  if (title === undefined) throw new Error(`${folder}/README.md has no heading`)
  const lines = linesOf(readFileSync(join(folder, 'input.jsonl'), 'utf8'))
  return { name, folder, title, events: lines.map((line) => JSON.parse(line) as InputEvent) }
}

/** The recorded output; empty when there is none yet. */
export function readRecording({ folder }: ConformanceCase): string[] {
  try {
    return linesOf(readFileSync(join(folder, 'output.jsonl'), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export function writeRecording({ folder }: ConformanceCase, lines: readonly string[]): void {
  writeFileSync(join(folder, 'output.jsonl'), lines.map((line) => `${line}\n`).join(''))
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '')
}
