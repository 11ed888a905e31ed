/** Generated XML: element trees, how they may be written, and texts that are almost XML. */
import fc from 'fast-check'
import { Element } from '../../../xmpp/wire/element.ts'

const nameText = fc.stringMatching(/^[A-Za-z_:][A-Za-z0-9_:.-]{0,8}$/)
const name = fc.oneof(
  fc.constantFrom(
    'iq',
    'pubsub',
    'item',
    'xmlns',
    'stream:stream',
    '__proto__',
    'constructor',
    'übung',
    '名',
  ),
  nameText,
)
const character = fc.oneof(
  fc.constantFrom(
    '<',
    '>',
    '&',
    '"',
    "'",
    ' ',
    '\n',
    '\t',
    '\r',
    ']',
    ']]>',
    '\u0200',
    '\u{1F9F6}',
    '\ufffd',
    'é',
  ),
  fc.stringMatching(/^[ -~]$/),
)
export const xmlText: fc.Arbitrary<string> = fc
  .array(character, { maxLength: 8 })
  .map((parts) => parts.join(''))

/** A tree of elements; text only before the first child, so that it is in one place. */
export const xmlTree: fc.Arbitrary<Element> = treeOf(4)

function treeOf(depth: number): fc.Arbitrary<Element> {
  const children = depth === 0 ? fc.constant([]) : fc.array(treeOf(depth - 1), { maxLength: 3 })
  const attributes = fc.uniqueArray(fc.tuple(name, xmlText), { maxLength: 4, selector: ([key]) => key })
  return fc.tuple(name, attributes, xmlText, children).map(([own, pairs, text, inner]) => {
    const element = new Element(own)
    for (const [key, value] of pairs) element.addAttribute(key, value)
    element.text = text
    for (const child of inner) element.addChild(child)
    return element
  })
}

/** Pieces of which almost-XML is made. */
const piece = fc.constantFrom(
  '<a>',
  '</a>',
  '<a/>',
  '<a ',
  '<b>',
  '</b>',
  '>',
  '/>',
  '<',
  '/',
  '=',
  '"',
  "'",
  ' x="1"',
  " y='2'",
  ' x="1"',
  '&lt;',
  '&#65;',
  '&#x41;',
  '&#0;',
  '&#xD800;',
  '&#1114112;',
  '&nope;',
  '&',
  ';',
  ']]>',
  ' ',
  '\n',
  '\r\n',
  '\t',
  'text',
  '<a b="<"/>',
  '<1/>',
  '<-a/>',
  '<é/>',
  '<a:b/>',
  '<a b/>',
  '<a b=c/>',
  '\u0000',
  '\u001f',
  '\u007f',
  '\u0085',
  '\ufffe',
  '\u{10FFFF}',
  '<a x="&#10;\n"/>',
  '<a\n/>',
  '</a\t>',
  '< a>',
  '</ a>',
  '<a  x = "1"  >',
  '\u00b7',
  '<a\u00b7/>',
  '<\u00b7/>',
)
export const almostXml: fc.Arbitrary<string> = fc.oneof(
  fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.array(piece, { maxLength: 8 }).map((parts) => `<a>${parts.join('')}</a>`),
)
