/** The table that a scripted peer has, from what it was told. */
import type { ScriptedPeer } from '../bgp/session/scripted-peer.ts'

export class Learned {
  readonly #peer: ScriptedPeer
  readonly #routes = new Set<string>()
  #read = 0

  constructor(peer: ScriptedPeer) {
    this.#peer = peer
  }

  /** Routes as `family route`. */
  get routes(): ReadonlySet<string> {
    const { heard } = this.#peer
    for (; this.#read < heard.length; this.#read++) {
      const line = heard[this.#read]!
      if (line.startsWith('+')) this.#routes.add(line.slice(1))
      else if (line.startsWith('-')) this.#routes.delete(line.slice(1))
    }
    return this.#routes
  }

  /** Lets go of what led to the table. */
  forgetHistory(): void {
    this.#read -= this.#peer.heard.splice(0, this.#read).length
  }
}

/** The n-th of many host routes. */
export function hostPrefix(n: number): string {
  return `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}/32`
}
