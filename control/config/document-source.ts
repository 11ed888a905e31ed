/**
 * One document of a YAML or JSON file (JSON is YAML here) as plain values, and where each of them stands in the text:
 *
 *   file text --yaml--> nodes with offsets --LineCounter--> line and column of a path such as spec.families[2]
 *
 * A JSON file, which knows no `---`, may hold a list of documents instead.
 *
 * Documents are read one at a time and only their values kept: nodes take many times the memory, and are asked for only
 * where there is a problem. Then the document's text is read once more.
 */
import { Composer, isMap, isScalar, isSeq, LineCounter, parseDocument, Parser } from 'yaml'
import type { Document, Node, Pair } from 'yaml'
import type { ConfigProblem, DocumentPath } from './problem.ts'
import { formatPath } from './problem.ts'

export interface Position {
  readonly line: number
  readonly column: number
}

/** Which end of `key: value` a problem is about. */
export type Side = 'key' | 'value'

/** Where a document stands in its file. */
interface Place {
  readonly text: string
  readonly lines: LineCounter
  readonly start: number
  readonly end: number
  /** Number of the document in the list that the text holds. */
  readonly index: number | undefined
}

export class DocumentSource {
  readonly file: string
  /** The document as plain values, unchecked. */
  readonly value: unknown
  readonly #place: Place
  #root: Node | undefined

  constructor(file: string, value: unknown, place: Place) {
    this.file = file
    this.value = value
    this.#place = place
  }

  /** Other values at the same places. */
  withValue(value: unknown): DocumentSource {
    return new DocumentSource(this.file, value, this.#place)
  }

  /** Where a path stands; for what is missing, the key of the nearest part that is there. */
  position(path: DocumentPath, side: Side = 'value'): Position {
    const root = (this.#root ??= nodesOf(this.#place))
    let node: unknown = root
    let offset = startOf(root) ?? 0
    for (const [depth, part] of path.entries()) {
      const pair = pairOf(node, part)
      const next = pair ? pair.value : isSeq(node) ? node.items[Number(part)] : undefined
      const isLast = depth === path.length - 1
      const keyOffset = pair ? startOf(pair.key) : undefined
      if (next === undefined || next === null) return this.#at(keyOffset ?? offset)
      const valueOffset = startOf(next)
      // Within a block a nested map starts at its first key; the key that leads to it says better where to look.
      const pointsAtKey = isLast ? side === 'key' || isMap(next) || isSeq(next) : true
      offset = (pointsAtKey ? keyOffset : undefined) ?? valueOffset ?? keyOffset ?? offset
      node = next
    }
    return this.#at(offset)
  }

  problem(path: DocumentPath, message: string, hint = '', side: Side = 'value'): ConfigProblem {
    return { file: this.file, ...this.position(path, side), path: formatPath(path), message, hint }
  }

  #at(offset: number): Position {
    const { line, col } = this.#place.lines.linePos(this.#place.start + offset)
    return { line, column: col }
  }
}

function nodesOf({ text, start, end, index }: Place): Node {
  const root = parseDocument(text.slice(start, end), { prettyErrors: false }).contents
  return (index !== undefined && isSeq(root) ? root.items[index] : root) as Node
}

/** Faults reported of one document, and depths that no configuration has. */
const MAX_FAULTS = 20
const MAX_BRACKETS = 200
const MAX_LEAD = 1000

export interface ReadText {
  readonly sources: readonly DocumentSource[]
  readonly problems: readonly ConfigProblem[]
}

/** Splits a file's text into documents; one that is no well-formed YAML becomes problems, the others are still read. */
export function readDocuments(file: string, text: string): ReadText {
  const lines = new LineCounter()
  const sources: DocumentSource[] = []
  const problems: ConfigProblem[] = []
  const problemAt = (offset: number, message: string, hint = ''): ConfigProblem => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col, path: '', message, hint }
  }
  const tooDeep = deepestNesting(text)
  if (tooDeep !== undefined) {
    return {
      sources,
      problems: [{ file, ...tooDeep, path: '', message: 'nested too deep to be read', hint: '' }],
    }
  }
  for (const document of documentsIn(text, lines)) {
    // One slip, such as a bracket left open, may be a fault at every level.
    const faults = [...document.errors, ...document.warnings].slice(0, MAX_FAULTS)
    for (const fault of faults)
      problems.push(problemAt(fault.pos[0], firstLine(fault.message), yamlHint(fault.code)))
    if (faults.length > 0 || document.contents === null) continue
    const root = document.contents
    let value: unknown
    try {
      value = document.toJS({ maxAliasCount: 100 })
    } catch (error) {
      problems.push(problemAt(startOf(root) ?? 0, firstLine(String((error as Error).message))))
      continue
    }
    const [start, , end] = document.range
    const place = { text, lines, start, end, index: undefined }
    if (isSeq(root) && Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        sources.push(new DocumentSource(file, item, { ...place, index }))
      }
    } else if (value !== null) sources.push(new DocumentSource(file, value, place))
  }
  return { sources, problems }
}

/** One at a time: what is made of a document can go before the next one is read. */
function* documentsIn(text: string, lines: LineCounter): Generator<Document.Parsed> {
  const parser = new Parser(lines.addNewLine)
  yield* new Composer({ prettyErrors: false }).compose(parser.parse(text))
}

/**
 * Where a text nests deeper than any configuration does, or undefined. The parser recurses and would exhaust the stack;
 * so brackets, and the indentation and `- ` before a line's first word, are counted before it sees the text.
 */
function deepestNesting(text: string): Position | undefined {
  let brackets = 0
  for (const [index, line] of text.split('\n').entries()) {
    const lead = /^[-? ]*/.exec(line)![0].length
    if (lead > MAX_LEAD) return { line: index + 1, column: lead + 1 }
    for (let at = 0; at < line.length; at++) {
      const character = line[at]
      if (character === '[' || character === '{') brackets++
      else if ((character === ']' || character === '}') && brackets > 0) brackets--
      if (brackets > MAX_BRACKETS) return { line: index + 1, column: at + 1 }
    }
  }
  return undefined
}

function pairOf(node: unknown, key: string | number): Pair<unknown, unknown> | undefined {
  if (!isMap(node)) return undefined
  return node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] | null } | null | undefined)?.range?.[0]
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]!
}

function yamlHint(code: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'indent with spaces'
    case 'DUPLICATE_KEY':
      return 'keep one of the two'
    default:
      return ''
  }
}
