/**
 * Which characters XML 1.0 (fifth edition) has, and which may stand in names (§2.2, §2.3).
 */
const START =
  ':A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C-\\u200D' +
  '\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}'
const wholeName = new RegExp(`[${START}][${START}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F-\\u2040]*`, 'uy')

/** One row per ASCII character: 1 may begin a name, 2 may follow in one. */
const asciiKind = new Uint8Array(128)
for (const character of ':_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz') {
  asciiKind[character.charCodeAt(0)] = 1
}
for (const character of '-.0123456789') asciiKind[character.charCodeAt(0)] = 2

/** Where the name that begins at `from` ends; `from` itself when none begins there. */
// hot: twice per element
export function nameEnd(text: string, from: number): number {
  let at = from
  let code = text.charCodeAt(at)
  if (code < 128 && asciiKind[code] !== 1) return from
  while (code < 128 && asciiKind[code] !== 0) code = text.charCodeAt(++at)
  // NaN, the code beyond the end, compares false.
  if (!(code >= 128)) return at
  wholeName.lastIndex = from
  return wholeName.test(text) ? wholeName.lastIndex : from
}

/** XML's Char production, for numeric references. */
export function isXmlCharacter(code: number): boolean {
  return (
    code === 0x9 ||
    code === 0xa ||
    code === 0xd ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  )
}

// eslint-disable-next-line no-control-regex -- these are the characters that XML 1.0 §2.2 excludes
const notXml = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** True when the text has only characters that XML has. */
export function isXmlText(text: string): boolean {
  return !notXml.test(text) && text.isWellFormed()
}
