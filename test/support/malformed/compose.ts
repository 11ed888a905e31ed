/**
 * Messages written so that a person can read them, as octets:
 *
 *   update(; origin attr(40 02; 02 01 0000fde7) nexthop; P)
 *
 * Octets stand as hex; a word stands for octets or takes arguments, which are separated by semicolons. Lengths are filled
 * in by the words that have one (update, msg, attr, param, cap) and are wrong only where a case writes them out.
 */
import { words } from './words.ts'

/** What words depend on. */
export interface Setting {
  readonly peer: 'ibgp' | 'ebgp'
  /** AS numbers have four octets. */
  readonly as4: boolean
  /** Number of the case: its routes have it in them, so that no case meets another's. */
  readonly number: number
}

/** The octets, as hex. */
export function compose(text: string, setting: Setting): string {
  const parser = new Parser(text, setting)
  const hex = parser.sequence()
  parser.end()
  return hex
}

class Parser {
  readonly #tokens: readonly string[]
  readonly #setting: Setting
  #at = 0

  constructor(text: string, setting: Setting) {
    this.#tokens = text.match(/[();]|[^\s();]+/g) ?? []
    this.#setting = setting
  }

  /** Up to the end, a semicolon or a closing parenthesis. */
  sequence(): string {
    let hex = ''
    for (let token = this.#tokens[this.#at]; token !== undefined; token = this.#tokens[this.#at]) {
      if (token === ';' || token === ')') break
      this.#at++
      if (/^([0-9a-f]{2})+$/.test(token)) hex += token
      // A count.
      else if (/^[0-9a-f]$/.test(token)) hex += `0${token}`
      else hex += this.#word(token)
    }
    return hex
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw new Error(`unexpected ${this.#tokens[this.#at]}`)
  }

  #word(name: string): string {
    const word = words[name]
    if (!word) throw new Error(`no word ${name}`)
    const args: string[] = []
    if (this.#tokens[this.#at] === '(') {
      do {
        this.#at++
        args.push(this.sequence())
      } while (this.#tokens[this.#at] === ';')
      if (this.#tokens[this.#at++] !== ')') throw new Error(`${name}(... is not closed`)
    }
    return word(args, this.#setting)
  }
}
