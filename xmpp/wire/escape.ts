/**
 * Text as XML: what may stand in a stanza, and how (agent-channel reference 10.14). An agent dies of a malformed
 * stanza, so characters that XML does not have are replaced, whoever put them into a name.
 */

// eslint-disable-next-line no-control-regex -- these are the characters that XML 1.0 §2.2 excludes
const notXml = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g
const inText = /[<>&]/g
const inAttribute = /[<>&"\t\n\r]/g

const entities: ReadonlyMap<string, string> = new Map([
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['&', '&amp;'],
  ['"', '&quot;'],
  ['\t', '&#9;'],
  ['\n', '&#10;'],
  ['\r', '&#13;'],
])

const suspects = /[^\u0020-\u007e]|[<>&"]/

/** Character data of an element. */
export function escapeText(text: string): string {
  if (!suspects.test(text)) return text
  return cleaned(text).replace(inText, entityOf).replaceAll('\r', '&#13;')
}

/** An attribute's value, to stand in double quotes. Blanks that XML would normalise are written as numbers (XML §3.3.3). */
export function escapeAttribute(value: string): string {
  if (!suspects.test(value)) return value
  return cleaned(value).replace(inAttribute, entityOf)
}

function cleaned(text: string): string {
  return text.toWellFormed().replace(notXml, '\ufffd')
}

function entityOf(character: string): string {
  return entities.get(character)!
}
