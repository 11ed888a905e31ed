/**
 * What all receivers of a thread shall hold, and since when they do. Checked after every read, one receiver at a time; when
 * something moves after all were right, the time counts anew from that.
 */
import type { Expectation, Holdings } from './holdings.ts'

export class Goal {
  readonly #holdings: readonly Holdings[]
  readonly #wanted: readonly Expectation[]
  readonly #isRight: boolean[]
  readonly #nowNs: () => bigint
  #right: number
  #reachedNs: bigint | undefined
  #movedNs: bigint

  constructor(holdings: readonly Holdings[], wanted: readonly Expectation[], nowNs: () => bigint) {
    this.#holdings = holdings
    this.#wanted = wanted
    this.#nowNs = nowNs
    this.#movedNs = nowNs()
    this.#isRight = holdings.map((each, i) => each.equals(wanted[i]!))
    this.#right = this.#isRight.filter(Boolean).length
    if (this.#right === holdings.length) this.#reachedNs = this.#movedNs
  }

  /** Receiver i has read something and its holdings had so many changes before. */
  // hot: once per read
  touched(i: number, changesBefore: number): void {
    const holdings = this.#holdings[i]!
    if (holdings.changes === changesBefore) return
    this.#movedNs = this.#nowNs()
    const isRight = holdings.equals(this.#wanted[i]!)
    if (isRight !== this.#isRight[i]) {
      this.#isRight[i] = isRight
      this.#right += isRight ? 1 : -1
    }
    this.#reachedNs = this.#right === this.#holdings.length ? this.#movedNs : undefined
  }

  /** When the last receiver became right, if all are. */
  get reachedNs(): bigint | undefined {
    return this.#reachedNs
  }

  /** When the last change came. */
  get movedNs(): bigint {
    return this.#movedNs
  }

  /** Every receiver has as many routes as it should. */
  get isCounted(): boolean {
    return this.#holdings.every(({ count }, i) => count === this.#wanted[i]!.count)
  }

  /** What is wrong, for people. */
  get shortfall(): string {
    const wrong = this.#isRight.indexOf(false)
    if (wrong < 0) return 'nothing'
    const [holdings, wanted] = [this.#holdings[wrong]!, this.#wanted[wrong]!]
    const many = this.#holdings.length - this.#right
    const others = many > 1 ? `${many} receivers are not right, the first: ` : ''
    if (holdings.strangers > 0) return `${others}${holdings.strangers} routes that nobody sent`
    if (holdings.count !== wanted.count)
      return `${others}${holdings.count} of ${wanted.count} routes are there`
    return `${others}all ${wanted.count} routes are there, but their content is not what was sent`
  }
}
