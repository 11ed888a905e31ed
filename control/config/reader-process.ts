/**
 * Reads the configuration in a process of its own, which ends with it. The parsers of YAML and of schemas, and what they
 * leave behind, are 10 MiB that a daemon needs at its start and at a reload only; and reading thousands of documents takes
 * more than a second, in which no keepalive would be sent.
 */
import { fork } from 'node:child_process'
import { extname } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import type { Documents } from './documents.ts'
import type { EndMessage, ListName, ReaderMessage } from './reader-messages.ts'
import type { ConfigReader, Reading } from './reading.ts'
import { secretOf } from './secrets.ts'

/** Sources in a checkout, what they were compiled to in a package. */
const entry = new URL(`./reader-entry${extname(import.meta.url)}`, import.meta.url)

/** As `readHere`, elsewhere; and here after all where there can be no other process, or it dies. */
export const readElsewhere: ConfigReader = async (files) => {
  const told = await askProcess(files)
  if (told) return told
  const { readHere } = await import('./reading.ts')
  return await readHere(files)
}

function askProcess(files: readonly string[]): Promise<Reading | undefined> {
  return new Promise((resolve) => {
    let child: ChildProcess
    const lists = new Map<ListName, unknown[]>()
    const end = (reading: Reading | undefined): void => {
      if (child?.connected) child.disconnect()
      resolve(reading)
    }
    try {
      child = fork(entry, files, {
        // Addresses are octets, which JSON has none of.
        serialization: 'advanced',
        execArgv: [],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
    } catch {
      resolve(undefined)
      return
    }
    child.on('error', () => end(undefined))
    child.on('exit', () => end(undefined))
    child.on('message', (message: ReaderMessage | 'ready') => {
      if (message === 'ready') child.send('next')
      else if (message.kind === 'refused') end(message.reading)
      else if (message.kind === 'end') end(complete(message, lists))
      else {
        const list = lists.get(message.list) ?? []
        lists.set(message.list, list)
        for (const document of message.documents) list.push(owned(document))
        child.send('next')
      }
    })
  })
}

function complete(message: EndMessage, lists: ReadonlyMap<ListName, unknown[]>): Reading {
  const list = <K extends ListName>(name: K): Documents[K] =>
    (lists.get(name) ?? []) as unknown as Documents[K]
  return {
    documents: {
      controlNode: owned(message.controlNode) as Documents['controlNode'],
      secrets: new Map(message.secrets.map(([place, octets]) => [place, secretOf(Uint8Array.from(octets))])),
      peers: list('peers'),
      networks: list('networks'),
      pools: list('pools'),
      nodes: list('nodes'),
      ports: list('ports'),
      floatingIps: list('floatingIps'),
      policies: list('policies'),
      prefixLists: list('prefixLists'),
      connections: list('connections'),
    },
    problems: [],
    lines: [],
    report: '',
  }
}

/** The value with octets of its own: those of a message are views of all of it. */
function owned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  const parts = value as Record<string, unknown>
  for (const [key, part] of Object.entries(parts)) if (typeof part === 'object') parts[key] = owned(part)
  return value
}
