/**
 * Octets of a connection -> stream open, stanzas, stream close (agent-channel reference 1.3, 1.5, 10.10 to 10.13). Each
 * stanza is a document of its own: XML declarations occur between stanzas, and the keepalive stands there as text.
 *
 *   gap --'<'--> markup --+-- name --> tag <--> text     a stanza, to its end tag       --> gap
 *    ^ fillers            +-- '/' ---> close             </stream:stream>               --> gap
 *    '-- C8 80            '-- '?' ---> declaration       <?xml ... ?> before a stanza   --> gap
 *
 * Any cut of the octets gives the same events. Limits hold while octets arrive. Comments, CDATA, DTD and processing
 * instructions are refused at their second octet (RFC 6120 §11.1), so counting depth needs no more than tags and quotes.
 */
import { limits } from './limits.ts'
import { StreamError } from './stream-error.ts'
import type { StreamCondition } from './stream-error.ts'
import { decodeUtf8 } from './utf8.ts'

export type StreamEvent =
  /** The stream's start tag, as it came. */
  | { readonly kind: 'open'; readonly text: string }
  | { readonly kind: 'stanza'; readonly text: string }
  | { readonly kind: 'close' }

const Mode = {
  gap: 0,
  /** After the C8 of a keepalive. */
  filler: 1,
  /** After `<` between stanzas. */
  markup: 2,
  declaration: 3,
  close: 4,
  tag: 5,
  text: 6,
  /** After `<` inside a stanza. */
  inner: 7,
} as const
type Mode = (typeof Mode)[keyof typeof Mode]

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const APOSTROPHE = 0x27
const SLASH = 0x2f
const LT = 0x3c
const GT = 0x3e
const QUESTION = 0x3f

const STREAM_TAG = '<stream:stream'
const nothing = new Uint8Array(0)

export class StreamFramer {
  /** The first error; nothing is framed after it. */
  error: StreamError | undefined
  /** U+0200 between stanzas, so far. */
  keepalives = 0
  /** Other characters between stanzas, skipped, so far. */
  strayOctets = 0

  #chunk: Uint8Array = nothing
  #at = 0
  #mode: Mode = Mode.gap
  #isOpen = false
  #hasDeclaration = false
  #strayInGap = 0
  /** Where what is being collected starts in the chunk; octets of earlier chunks are held. */
  #start = 0
  #held = new Uint8Array(4096)
  #heldLength = 0
  #depth = 0
  #quote = 0
  #isEndTag = false
  #lastOctet = 0
  /** Octets collected before the present tag. */
  #tagOffset = 0

  /** Takes a chunk, which must not change until `next` has returned undefined. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk
    this.#at = 0
    this.#start = 0
  }

  /** The next event, or undefined when the chunk is used up or wrong. */
  next(): StreamEvent | undefined {
    while (!this.error && this.#at < this.#chunk.length) {
      const event = this.#advance()
      if (event) return event
    }
    if (!this.error && this.#mode >= Mode.markup) this.#holdRest()
    return undefined
  }

  /** Passes over what `match` knows, when it stands whole where a stanza may begin; it returns the end, or -1. */
  // hot: once per route
  skip(known: { match(octets: Uint8Array, at: number): number }): boolean {
    if (this.#mode !== Mode.gap || !this.#isOpen || this.#hasDeclaration) return false
    const end = known.match(this.#chunk, this.#at)
    if (end < 0) return false
    this.#at = end
    this.#strayInGap = 0
    return true
  }

  /** Expects a new stream (RFC 6120 §5.4.3.3); returns the octets not framed yet. */
  restart(): Uint8Array {
    const rest = this.#chunk.slice(this.#at)
    this.#chunk = nothing
    this.#at = 0
    this.#mode = Mode.gap
    this.#isOpen = false
    this.#hasDeclaration = false
    this.#heldLength = 0
    return rest
  }

  #advance(): StreamEvent | undefined {
    switch (this.#mode) {
      case Mode.gap:
      case Mode.filler:
        return this.#skipGap()
      case Mode.markup:
        return this.#beginMarkup()
      case Mode.declaration:
        return this.#skipDeclaration()
      case Mode.close:
        return this.#closeStream()
      case Mode.tag:
        return this.#scanTag()
      case Mode.text:
        return this.#scanText()
      case Mode.inner:
        return this.#beginTag()
    }
  }

  #skipGap(): undefined {
    const chunk = this.#chunk
    for (; this.#at < chunk.length; this.#at++) {
      const octet = chunk[this.#at]
      if (this.#mode === Mode.filler) {
        if (octet !== 0x80) return this.#fail('not-well-formed', 'an octet between stanzas')
        this.keepalives++
        this.#mode = Mode.gap
      } else if (octet === LT) {
        this.#start = this.#at++
        this.#heldLength = 0
        this.#mode = Mode.markup
        return
      } else if (octet === 0xc8) {
        this.#mode = Mode.filler
      } else if (octet !== SPACE && octet !== LF && octet !== CR && octet !== TAB) {
        if (!this.#skipStray(octet)) return
      }
    }
  }

  /** Plain characters between stanzas are skipped, as the field does, but not for ever. */
  #skipStray(octet: number): boolean {
    if (!this.#isOpen || octet < SPACE || octet > 0x7e || octet === 0x26) {
      this.#fail('not-well-formed', 'an octet between stanzas')
      return false
    }
    this.strayOctets++
    if (++this.#strayInGap <= limits.strayOctets) return true
    this.#fail('policy-violation', 'too much text between stanzas')
    return false
  }

  #beginMarkup(): undefined {
    const octet = this.#chunk[this.#at]
    if (octet === QUESTION) this.#mode = Mode.declaration
    else if (octet === SLASH) this.#mode = Mode.close
    else if (octet === 0x21) return this.#fail('restricted-xml', '<! between stanzas')
    else {
      this.#mode = Mode.tag
      this.#depth = 0
      this.#quote = 0
      this.#isEndTag = false
      this.#lastOctet = LT
      this.#tagOffset = 0
      return
    }
    this.#at++
  }

  #skipDeclaration(): undefined {
    const end = this.#find(GT)
    if (this.#collected() > limits.declarationOctets) {
      return this.#fail('restricted-xml', 'a processing instruction')
    }
    if (end < 0) return
    const text = this.#take()
    if (text === undefined) return
    const declaration =
      /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.[0-9]"|'1\.[0-9]')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*["']([A-Za-z][A-Za-z0-9._-]*)["'])?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>$/.exec(
        text,
      )
    if (!declaration) return this.#fail('restricted-xml', 'a processing instruction')
    if (this.#hasDeclaration) return this.#fail('not-well-formed', 'two XML declarations in a row')
    // RFC 6120 §11.6: nothing but UTF-8.
    if (declaration[1] !== undefined && declaration[1].toLowerCase() !== 'utf-8') {
      return this.#fail('unsupported-encoding', `encoding ${declaration[1]}`)
    }
    this.#hasDeclaration = true
    this.#enterGap()
  }

  #closeStream(): StreamEvent | undefined {
    const end = this.#find(GT)
    if (this.#collected() > limits.declarationOctets)
      return this.#fail('not-well-formed', 'an end tag between stanzas')
    if (end < 0) return
    const text = this.#take()
    if (text === undefined) return
    if (!this.#isOpen || !/^<\/stream:stream[ \t\r\n]*>$/.test(text)) {
      return this.#fail('not-well-formed', 'an end tag between stanzas')
    }
    this.#enterGap()
    return { kind: 'close' }
  }

  // hot: once per tag
  #scanTag(): StreamEvent | undefined {
    const chunk = this.#chunk
    let at = this.#at
    let quote = this.#quote
    let last = this.#lastOctet
    for (; at < chunk.length; at++) {
      const octet = chunk[at]
      if (quote !== 0) {
        if (octet === quote) quote = 0
      } else if (octet === GT) {
        break
      } else if (octet === QUOTE || octet === APOSTROPHE) {
        quote = octet
      } else if (octet === LT) {
        return this.#fail('not-well-formed', '< in a tag')
      }
      last = octet
    }
    const isEnd = at < chunk.length
    this.#at = isEnd ? at + 1 : at
    this.#quote = quote
    this.#lastOctet = last
    if (this.#collected() - this.#tagOffset > limits.tagOctets) {
      return this.#fail('policy-violation', `a tag longer than ${limits.tagOctets} octets`)
    }
    return isEnd ? this.#endTag(last === SLASH) : undefined
  }

  /** After the `>` of a tag. */
  #endTag(isSelfClosed: boolean): StreamEvent | undefined {
    if (this.#isEndTag) this.#depth--
    else if (!isSelfClosed) this.#depth++
    if (this.#depth > limits.depth)
      return this.#fail('policy-violation', `more than ${limits.depth} elements deep`)
    this.#mode = Mode.text
    if (this.#tagOffset === 0) {
      const isStreamTag = this.#startsStream()
      if (isStreamTag && !isSelfClosed) return this.#openStream()
      if (isStreamTag || !this.#isOpen) return this.#fail('bad-format', 'no stream header')
    }
    return this.#depth === 0 ? this.#endStanza() : undefined
  }

  #scanText(): undefined {
    const next = this.#chunk.indexOf(LT, this.#at)
    this.#at = next < 0 ? this.#chunk.length : next + 1
    if (this.#collected() > limits.stanzaOctets) {
      return this.#fail('policy-violation', `a stanza longer than ${limits.stanzaOctets} octets`)
    }
    if (next >= 0) this.#mode = Mode.inner
  }

  /** After a `<` inside a stanza. */
  #beginTag(): undefined {
    const octet = this.#chunk[this.#at]
    if (octet === 0x21 || octet === QUESTION) {
      return this.#fail('restricted-xml', `<${String.fromCharCode(octet)} in a stanza`)
    }
    this.#isEndTag = octet === SLASH
    // The slash of `</` alone must not look like that of `/>`.
    this.#lastOctet = LT
    this.#tagOffset = this.#collected() - 1
    if (this.#isEndTag) this.#at++
    this.#mode = Mode.tag
  }

  #openStream(): StreamEvent | undefined {
    const text = this.#take()
    if (text === undefined) return
    this.#isOpen = true
    this.#enterGap()
    return { kind: 'open', text }
  }

  #endStanza(): StreamEvent | undefined {
    if (this.#collected() > limits.stanzaOctets) {
      return this.#fail('policy-violation', `a stanza longer than ${limits.stanzaOctets} octets`)
    }
    const text = this.#take()
    if (text === undefined) return
    this.#enterGap()
    return { kind: 'stanza', text }
  }

  #enterGap(): void {
    this.#hasDeclaration = this.#mode === Mode.declaration
    this.#mode = Mode.gap
    this.#strayInGap = 0
  }

  /** Moves behind the next such octet; -1, and to the end, when there is none. */
  #find(octet: number): number {
    const found = this.#chunk.indexOf(octet, this.#at)
    this.#at = found < 0 ? this.#chunk.length : found + 1
    return found
  }

  /** Octets collected of the present item. */
  #collected(): number {
    return this.#heldLength + this.#at - this.#start
  }

  #startsStream(): boolean {
    const octets = this.#octets()
    if (octets.length <= STREAM_TAG.length) return false
    for (let i = 0; i < STREAM_TAG.length; i++) if (octets[i] !== STREAM_TAG.charCodeAt(i)) return false
    const after = octets[STREAM_TAG.length]
    return after <= SPACE || after === GT || after === SLASH
  }

  /** The item as text; ends the collecting. */
  #take(): string | undefined {
    const text = decodeUtf8(this.#octets())
    if (text === undefined) return this.#fail('not-well-formed', 'octets that are not UTF-8')
    this.#heldLength = 0
    this.#start = this.#at
    if (this.#held.length > limits.tagOctets) this.#held = new Uint8Array(4096)
    return text
  }

  #octets(): Uint8Array {
    if (this.#heldLength === 0) return this.#chunk.subarray(this.#start, this.#at)
    this.#hold(this.#at)
    return this.#held.subarray(0, this.#heldLength)
  }

  #holdRest(): void {
    if (this.#start < this.#chunk.length) this.#hold(this.#chunk.length)
    this.#chunk = nothing
    this.#at = 0
    this.#start = 0
  }

  /** Copies octets of the chunk up to `end`; nothing keeps a view of a receive buffer. */
  #hold(end: number): void {
    const length = this.#heldLength + end - this.#start
    if (length > this.#held.length) {
      const larger = new Uint8Array(Math.max(length, this.#held.length * 2))
      larger.set(this.#held.subarray(0, this.#heldLength))
      this.#held = larger
    }
    this.#held.set(this.#chunk.subarray(this.#start, end), this.#heldLength)
    this.#heldLength = length
    this.#start = end
  }

  #fail(condition: StreamCondition, detail: string): undefined {
    this.error = new StreamError(condition, detail)
    this.#held = nothing as Uint8Array<ArrayBuffer>
    this.#heldLength = 0
  }
}
