import { setFlagsFromString } from 'node:v8'
import { expect } from 'chai'
import fc from 'fast-check'
import type { AsPath } from '../../../rib/model/as-path.ts'
import { formatAsPath, SegmentType } from '../../../rib/model/as-path.ts'
import { AsPathPattern } from '../../../rib/policy/as-path-pattern.ts'
import { isPatternFault, parseAsPathPattern } from '../../../rib/policy/as-path-syntax.ts'

function pattern(text: string): AsPathPattern {
  const parsed = parseAsPathPattern(text)
  if (isPatternFault(parsed)) throw new Error(`${text}: ${parsed.message}`)
  return new AsPathPattern(parsed)
}

function sequence(...asns: number[]): AsPath {
  return asns.length === 0 ? [] : [{ type: SegmentType.sequence, asns }]
}

/** The same pattern for JavaScript's engine: `_` spelled out, braces taken as they are. */
function reference(text: string): RegExp {
  let out = ''
  let isInClass = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (character === '\\') out += `\\${text[++i]}`
    else if (isInClass) {
      out += character === '[' ? '\\[' : character
      if (character === ']') isInClass = false
    } else if (character === '[') {
      out += character
      isInClass = true
    } else if (character === '_') out += '(?:^|[ ,{}()\\[\\]]|$)'
    else out += '{}'.includes(character) ? `\\${character}` : character
  }
  return new RegExp(out)
}

const asn = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(64512, 65001, 4200000000))
const anyPath: fc.Arbitrary<AsPath> = fc.array(
  fc.record({
    type: fc.constantFrom(...Object.values(SegmentType)),
    asns: fc.array(asn, { minLength: 1, maxLength: 4 }),
  }),
  { maxLength: 3 },
)

const plainAtom = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('1', '2', '11', '64512', '6', ' ', ',', '{', '}', '\\(', '\\)') },
  { weight: 3, arbitrary: fc.constantFrom('_', '^', '$', '.') },
  { weight: 2, arbitrary: fc.constantFrom('[0-9]', '[^1]', '[12 ]', '[3-6,]') },
)

function ways(piece: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .array(fc.array(piece, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 2 })
    .map((alternatives) => alternatives.map((pieces) => pieces.join('')).join('|'))
}

/** Every construct, but no repetition within a repetition: those are long ways for the reference, linear or not. */
const anyPattern: fc.Arbitrary<string> = ways(
  fc
    .tuple(
      fc.oneof(
        { weight: 5, arbitrary: plainAtom },
        { weight: 1, arbitrary: ways(plainAtom).map((inner) => `(${inner})`) },
      ),
      fc.constantFrom('', '', '', '', '*', '+', '?'),
    )
    .map(([atom, sign]) => (/^[_^$]$/.test(atom) ? atom : atom + sign)),
)

describe('AS path patterns', () => {
  // The reference must end, too: `(.|[^1])*2` makes V8's own engine try 2^90 ways through a path of ninety characters.
  // After this many it takes its linear one, in this file alone.
  before(() => {
    setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')
    setFlagsFromString('--regexp-backtracks-before-fallback=20000')
  })
  after(() => setFlagsFromString('--no-enable-experimental-regexp-engine-on-excessive-backtracks'))

  it('find what a regular expression finds in the text of the path', () => {
    fc.assert(
      fc.property(anyPattern, fc.array(anyPath, { maxLength: 8 }), (text, paths) => {
        const compiled = pattern(text)
        const expected = reference(text)
        for (const path of paths)
          expect(compiled.matches(path), `${text} in "${formatAsPath(path)}"`).to.equal(
            expected.test(formatAsPath(path)),
          )
      }),
      { numRuns: 1_000 },
    )
  })

  it('end where a backtracking engine would try all ways', () => {
    const path = sequence(...Array.from({ length: 45 }, () => 2))
    for (const text of ['^(.|[^1])*1', '(2|.)+(.|2)*{']) {
      expect(pattern(text).matches(path)).to.equal(false)
      expect(reference(text).test(formatAsPath(path))).to.equal(false)
    }
  })

  const examples: readonly (readonly [string, AsPath, boolean])[] = [
    ['^$', sequence(), true],
    ['^$', sequence(1), false],
    ['^65001$', sequence(65001), true],
    ['^65001_', sequence(65001, 1), true],
    ['_65001$', sequence(1, 65001), true],
    ['_65001_', sequence(1, 65001, 2), true],
    ['_65001_', sequence(1, 650012, 2), false],
    ['_65001_', [{ type: SegmentType.set, asns: [1, 65001] }], true],
    ['^(64512_)+65001$', sequence(64512, 64512, 65001), true],
    ['^[0-9]+$', sequence(7), true],
    ['^[0-9]+$', sequence(7, 8), false],
    ['(_64[5-9][0-9][0-9]|_65[0-9]+)_', sequence(3, 64999), true],
    ['\\(65001\\)', [{ type: SegmentType.confedSequence, asns: [65001] }], true],
    ['{1,2}', [{ type: SegmentType.set, asns: [1, 2] }], true],
  ]
  for (const [text, path, expected] of examples) {
    it(`${text} ${expected ? 'finds' : 'does not find'} "${formatAsPath(path)}"`, () => {
      expect(pattern(text).matches(path)).to.equal(expected)
    })
  }

  it('cost a step a character, also where a backtracking engine would take for ever', () => {
    const long = sequence(...Array.from({ length: 4_000 }, () => 1))
    expect(pattern('^((1 ?)*)*2$').matches(long)).to.equal(false)
    expect(pattern('^(1|1 |[0-9]+ ?)*_2_3$').matches(long)).to.equal(false)
  })

  it('stay right when a pattern needs more states than are kept', () => {
    // The n-th AS from the end: the classical case of exponentially many states.
    const text = `_1${'_[0-9]'.repeat(12)}$`
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 13, maxLength: 300 }), (asns) => {
        const path = sequence(...asns)
        expect(pattern(text).matches(path)).to.equal(reference(text).test(formatAsPath(path)))
      }),
      { numRuns: 100 },
    )
  })

  const faults: readonly (readonly [string, string, number])[] = [
    ['(65001', 'the parenthesis is not closed', 0],
    ['65001)', 'a parenthesis is closed that is not open', 5],
    ['[0-9', 'the bracket is not closed', 0],
    ['*1', '* repeats nothing', 0],
    ['65001-', 'no AS path contains "-"', 5],
    ['^65a', 'no AS path contains "a"', 3],
    ['1\\', 'nothing follows the backslash', 1],
    ['[9-0]', '9-0 is in no AS path', 0],
    ['('.repeat(60), 'parentheses are nested too deep', 50],
    ['1'.repeat(600), 'longer than 512 characters', 512],
  ]
  for (const [text, message, at] of faults) {
    it(`refuse ${text.slice(0, 12)}: ${message}`, () => {
      expect(parseAsPathPattern(text)).to.deep.equal({ message, at })
    })
  }
})
