/**
 * Who was there, for the daemon that comes after this one: a file in the state folder from start to the final stop. One
 * that finds it knows that its neighbours keep routes of a predecessor, and for whom it has to wait (restart-phase.ts).
 *
 *   {"version": 1, "agents": ["compute-1"], "peers": ["gw"]}
 */
import type { StateDir } from './state-dir.ts'

const FILE = 'restart.json'
const VERSION = 1

/** Neighbours by name. */
export interface Neighbours {
  readonly agents: readonly string[]
  readonly peers: readonly string[]
}

export class RestartMarker {
  readonly #stateDir: StateDir
  #written = ''

  constructor(stateDir: StateDir) {
    this.#stateDir = stateDir
  }

  /** The neighbours of a predecessor that has not stopped for good; none known where the file is damaged. */
  async load(): Promise<Neighbours | undefined> {
    const text = await this.#stateDir.readText(FILE)
    if (text === undefined) return undefined
    return decodeNeighbours(text) ?? { agents: [], peers: [] }
  }

  /** Writes who is there; nothing where that is as it was. */
  async keep(neighbours: Neighbours): Promise<void> {
    const text = encodeNeighbours(neighbours)
    if (text === this.#written) return
    await this.#stateDir.writeText(FILE, text)
    this.#written = text
  }

  /** Nobody is to wait: the stop is final. */
  async remove(): Promise<void> {
    this.#written = ''
    await this.#stateDir.remove(FILE)
  }
}

function encodeNeighbours({ agents, peers }: Neighbours): string {
  return `${JSON.stringify({ version: VERSION, agents: [...agents].sort(), peers: [...peers].sort() })}\n`
}

function decodeNeighbours(text: string): Neighbours | undefined {
  try {
    const { version, agents, peers, ...rest } = JSON.parse(text) as Record<string, unknown>
    const isKnown = version === VERSION && Object.keys(rest).length === 0
    return isKnown && areNames(agents) && areNames(peers) ? { agents, peers } : undefined
  } catch {
    return undefined
  }
}

function areNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}
