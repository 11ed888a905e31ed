/**
 * A password that only the socket gets to see: whatever prints, dumps or serializes it shows that there is one, and a tag
 * that changes with it, so that a difference between two configurations can be told.
 */

/** As much as a TCP MD5 key may be long (TCP_MD5SIG_MAXKEYLEN). */
export const MAX_SECRET_OCTETS = 80

export class Secret {
  readonly #octets: Uint8Array
  readonly #tag: string

  /** The tag stands for the octets where they are compared; nobody may be able to guess them from it. */
  constructor(octets: Uint8Array, tag: string) {
    this.#octets = octets
    this.#tag = tag
  }

  /** For the kernel's ears. */
  get octets(): Uint8Array {
    return this.#octets
  }

  equals(other: Secret | undefined): boolean {
    return other !== undefined && this.#tag === other.#tag
  }

  toString(): string {
    return `secret ${this.#tag}`
  }

  toJSON(): string {
    return this.toString()
  }

  /** What util.inspect, and so console and most loggers, print. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

/** Of a configured password that could not be read: nothing can be protected with it. */
export const unreadableSecret = new Secret(new Uint8Array(0), 'unreadable')
