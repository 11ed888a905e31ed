/**
 * One element's text -> element tree: strict, for the subset of XML that RFC 6120 §11.1 leaves (no comments, CDATA,
 * processing instructions, DTD; the five entities and numbers), with the limits of limits.ts. Pure; errors are values.
 *
 *   parse = blanks element blanks
 *   stack:  iq > pubsub > publish > item      every start tag pushes, every end tag pops; no recursion
 */
import { Element } from './element.ts'
import { limits } from './limits.ts'
import { StreamError } from './stream-error.ts'
import { isXmlCharacter, isXmlText, nameEnd } from './xml-names.ts'

const LT = 0x3c
const GT = 0x3e
const SLASH = 0x2f

const entityValues: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])

/** Parses the text of one element. What a trusted node sends may have more elements than what an agent does. */
export function parseElement(text: string, maxElements: number = limits.elements): Element | StreamError {
  return new Parser(text, maxElements).parse()
}

class Parser {
  readonly #text: string
  readonly #maxElements: number
  #at = 0
  #elementCount = 0
  #error: StreamError | undefined
  readonly #stack: Element[] = []

  constructor(text: string, maxElements: number) {
    this.#text = text
    this.#maxElements = maxElements
  }

  parse(): Element | StreamError {
    if (!isXmlText(this.#text))
      return new StreamError('not-well-formed', 'a character that XML does not have')
    this.#skipBlanks()
    const root = this.#startTag()
    while (!this.#error && this.#stack.length > 0) this.#content()
    this.#skipBlanks()
    if (!this.#error && this.#at < this.#text.length) this.#fail('text after the element')
    return this.#error ?? root!
  }

  /** Character data up to the next tag, and that tag. */
  #content(): void {
    const open = this.#text.indexOf('<', this.#at)
    if (open < 0) {
      this.#fail(`<${this.#stack.at(-1)!.name}> is not closed`)
      return
    }
    if (open > this.#at) this.#stack.at(-1)!.text += this.#decoded(this.#text.slice(this.#at, open))
    this.#at = open
    if (this.#text.charCodeAt(open + 1) === SLASH) this.#endTag()
    else this.#startTag()
  }

  #startTag(): Element | undefined {
    if (this.#text.charCodeAt(this.#at) !== LT) return this.#fail('no element')
    if (++this.#elementCount > this.#maxElements) {
      return this.#fail(`more than ${this.#maxElements} elements`, 'policy-violation')
    }
    this.#at++
    const next = this.#text[this.#at]
    if (next === '!' || next === '?') return this.#fail(`<${next} in a stanza`, 'restricted-xml')
    const name = this.#name()
    if (name === undefined) return undefined
    const element = new Element(name)
    this.#attributes(element)
    if (this.#error) return undefined
    this.#stack.at(-1)?.addChild(element)
    if (this.#text.charCodeAt(this.#at) === SLASH) {
      if (this.#text.charCodeAt(this.#at + 1) !== GT) return this.#fail('/ without > in a tag')
      this.#at += 2
      return element
    }
    this.#at++
    this.#stack.push(element)
    if (this.#stack.length > limits.depth) {
      return this.#fail(`more than ${limits.depth} elements deep`, 'policy-violation')
    }
    return element
  }

  /** Leaves `at` on the `>` or `/` that ends the tag. */
  #attributes(element: Element): void {
    let list: string[] | undefined
    for (;;) {
      const before = this.#at
      this.#skipBlanks()
      const code = this.#text.charCodeAt(this.#at)
      if (code === GT || code === SLASH) break
      if (this.#at === before) return this.#fail('no blank before an attribute, or a tag without end')
      const name = this.#name()
      const value = name === undefined ? undefined : this.#attributeValue()
      if (name === undefined || value === undefined) return
      list ??= []
      for (let i = 0; i < list.length; i += 2) {
        if (list[i] === name) return this.#fail(`attribute ${name} twice`)
      }
      list.push(name, value)
      if (list.length / 2 > limits.attributes) {
        return this.#fail(`more than ${limits.attributes} attributes`, 'policy-violation')
      }
    }
    if (list) element.attributes = list
  }

  #attributeValue(): string | undefined {
    this.#skipBlanks()
    if (this.#text[this.#at] !== '=') return this.#fail('an attribute without value')
    this.#at++
    this.#skipBlanks()
    const quote = this.#text[this.#at]
    if (quote !== '"' && quote !== "'") return this.#fail('an attribute value without quotes')
    const end = this.#text.indexOf(quote, this.#at + 1)
    if (end < 0) return this.#fail('an attribute value without end')
    const raw = this.#text.slice(this.#at + 1, end)
    this.#at = end + 1
    if (raw.includes('<')) return this.#fail('< in an attribute value')
    // XML 1.0 §3.3.3: literal blanks are spaces, written-out ones stay.
    return this.#withReferences(/[\t\n\r]/.test(raw) ? raw.replace(/\r\n|[\t\n\r]/g, ' ') : raw)
  }

  #endTag(): void {
    const element = this.#stack.pop()!
    this.#at += 2
    const end = nameEnd(this.#text, this.#at)
    if (this.#text.slice(this.#at, end) !== element.name) {
      return this.#fail(`<${element.name}> is closed by another end tag`)
    }
    this.#at = end
    this.#skipBlanks()
    if (this.#text.charCodeAt(this.#at) !== GT) return this.#fail('an end tag without >')
    this.#at++
  }

  #name(): string | undefined {
    const end = nameEnd(this.#text, this.#at)
    if (end === this.#at) return this.#fail('no name where one must stand')
    if (end - this.#at > limits.nameLength) {
      return this.#fail(`a name longer than ${limits.nameLength} characters`, 'policy-violation')
    }
    const name = this.#text.slice(this.#at, end)
    this.#at = end
    return name
  }

  /** Character data: ends of lines as LF (XML §2.11), references replaced, `]]>` refused (§2.4). */
  #decoded(raw: string): string {
    if (!/[&\r]|\]\]>/.test(raw)) return raw
    if (raw.includes(']]>')) {
      this.#fail(']]> in text')
      return ''
    }
    return this.#withReferences(raw.replace(/\r\n?/g, '\n')) ?? ''
  }

  #withReferences(raw: string): string | undefined {
    if (!raw.includes('&')) return raw
    let text = ''
    let from = 0
    for (let at = raw.indexOf('&'); at >= 0; at = raw.indexOf('&', from)) {
      const end = raw.indexOf(';', at)
      const value = end < 0 || end - at > 12 ? undefined : referenceValue(raw.slice(at + 1, end))
      if (value === undefined) return this.#fail('a reference to no known entity', 'restricted-xml')
      text += raw.slice(from, at) + value
      from = end + 1
    }
    return text + raw.slice(from)
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at++
    }
  }

  #fail(detail: string, condition: StreamError['condition'] = 'not-well-formed'): undefined {
    this.#error ??= new StreamError(condition, detail)
  }
}

/** Value of what stands between & and ;. */
function referenceValue(name: string): string | undefined {
  if (!name.startsWith('#')) return entityValues.get(name)
  const digits = /^#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,9}))$/.exec(name)
  if (!digits) return undefined
  const code = digits[1] === undefined ? Number(digits[2]) : parseInt(digits[1], 16)
  return isXmlCharacter(code) ? String.fromCodePoint(code) : undefined
}
