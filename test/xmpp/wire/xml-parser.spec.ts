import { expect } from 'chai'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import type { Element } from '../../../xmpp/wire/element.ts'
import { escapeAttribute, escapeText } from '../../../xmpp/wire/escape.ts'
import { StreamError } from '../../../xmpp/wire/stream-error.ts'
import { parseElement } from '../../../xmpp/wire/xml-parser.ts'
import { almostXml, xmlText, xmlTree } from '../support/xml-arbitrary.ts'

type Plain = [name: string, attributes: [string, string][], text: string, children: Plain[]]

function plain(element: Element): Plain {
  const attributes: [string, string][] = []
  for (let i = 0; i < element.attributes.length; i += 2) {
    attributes.push([element.attributes[i]!, element.attributes[i + 1]!])
  }
  return [element.name, attributes, element.text, element.children.map(plain)]
}

/** What an independent parser makes of it; undefined when it refuses. */
function oracle(text: string): Plain | undefined {
  const parser = new SaxesParser()
  const stack: Plain[] = []
  let root: Plain | undefined
  let isRefused = false
  parser.on('error', () => {
    isRefused = true
  })
  parser.on('opentag', (tag) => {
    const element: Plain = [tag.name, Object.entries(tag.attributes as Record<string, string>), '', []]
    if (stack.length > 0) stack.at(-1)![3].push(element)
    else root = element
    stack.push(element)
  })
  parser.on('closetag', () => stack.pop())
  parser.on('text', (content) => {
    if (stack.length > 0) stack.at(-1)![2] += content
  })
  for (const event of ['comment', 'cdata', 'doctype', 'processinginstruction', 'xmldecl'] as const) {
    parser.on(event, () => {
      isRefused = true
    })
  }
  try {
    parser.write(text).close()
  } catch {
    return undefined
  }
  return isRefused ? undefined : root
}

function ours(text: string): Plain | undefined {
  const element = parseElement(text)
  return element instanceof StreamError ? undefined : plain(element)
}

function written(element: Element): string {
  let text = `<${element.name}`
  for (let i = 0; i < element.attributes.length; i += 2) {
    text += ` ${element.attributes[i]}="${escapeAttribute(element.attributes[i + 1]!)}"`
  }
  return `${text}>${escapeText(element.text)}${element.children.map(written).join('')}</${element.name}>`
}

function errorOf(text: string): string {
  const element = parseElement(text)
  return element instanceof StreamError ? element.condition : 'accepted'
}

describe('parseElement', () => {
  it('agrees with saxes on well-formed trees, and both give the tree that was written', () => {
    fc.assert(
      fc.property(xmlTree, (tree) => {
        const text = written(tree)
        expect(ours(text)).to.deep.equal(plain(tree))
        expect(oracle(text)).to.deep.equal(plain(tree))
      }),
      { numRuns: 1_000 },
    )
  }).timeout(30_000)

  it('agrees with saxes on what is almost XML: what both accept and what both refuse', () => {
    fc.assert(
      fc.property(almostXml, (text) => {
        expect(ours(text), JSON.stringify(text)).to.deep.equal(oracle(text))
      }),
      { numRuns: 10_000 },
    )
  }).timeout(60_000)

  it('agrees with saxes on a tree of which one character was changed', () => {
    const change = fc.record({
      at: fc.nat(),
      to: fc.constantFrom('<', '>', '&', '"', "'", '/', '=', ' ', 'a', '\u0001', ''),
    })
    fc.assert(
      fc.property(xmlTree, change, (tree, { at, to }) => {
        const text = written(tree)
        const where = at % text.length
        const changed = (text.slice(0, where) + to + text.slice(where + 1)).toWellFormed()
        expect(ours(changed), JSON.stringify(changed)).to.deep.equal(oracle(changed))
      }),
      { numRuns: 5_000 },
    )
  }).timeout(60_000)

  it('reads any text back that was escaped, in an attribute and in an element', () => {
    fc.assert(
      fc.property(xmlText, (text) => {
        const element = parseElement(`<a b="${escapeAttribute(text)}">${escapeText(text)}</a>`) as Element
        expect([element.attribute('b'), element.text]).to.deep.equal([text, text])
      }),
    )
  })

  it('replaces characters that XML does not have, so that what is sent is always well-formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(errorOf(`<a b="${escapeAttribute(text)}">${escapeText(text)}</a>`)).to.equal('accepted')
      }),
    )
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        parseElement(text)
        parseElement(`<${text}`)
        parseElement(`<a ${text}`)
        parseElement(`<a>${text}</a>`)
      }),
      { numRuns: 3_000 },
    )
  }).timeout(30_000)

  const refused: [string, string][] = [
    ['<!DOCTYPE a><a/>', 'restricted-xml'],
    ['<a><!-- --></a>', 'restricted-xml'],
    ['<a><![CDATA[x]]></a>', 'restricted-xml'],
    ['<a><?php ?></a>', 'restricted-xml'],
    ['<a>&lol;</a>', 'restricted-xml'],
    ['<a b="&lol;"/>', 'restricted-xml'],
    ['<a b="1" b="2"/>', 'not-well-formed'],
    ['<a></b>', 'not-well-formed'],
    ['<a/><b/>', 'not-well-formed'],
    [`<${'n'.repeat(256)}/>`, 'policy-violation'],
    [`<a ${'n'.repeat(256)}="1"/>`, 'policy-violation'],
    [`<a ${Array.from({ length: 65 }, (_, i) => `a${i}="1"`).join(' ')}/>`, 'policy-violation'],
    [`${'<a>'.repeat(33)}${'</a>'.repeat(33)}`, 'policy-violation'],
  ]
  for (const [text, condition] of refused) {
    it(`refuses ${text.slice(0, 40)} as ${condition} (RFC 6120 §11.1)`, () => {
      expect(errorOf(text)).to.equal(condition)
    })
  }

  it('takes names and attributes up to the limits', () => {
    expect(errorOf(`<${'n'.repeat(255)}/>`)).to.equal('accepted')
    expect(errorOf(`<a ${Array.from({ length: 64 }, (_, i) => `a${i}="1"`).join(' ')}/>`)).to.equal(
      'accepted',
    )
    expect(errorOf(`${'<a>'.repeat(32)}${'</a>'.repeat(32)}`)).to.equal('accepted')
  })
})
