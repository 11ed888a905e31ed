/**
 * Long answers, written slice by slice: the event loop runs between slices and the next one is computed only when the
 * socket has taken the last. As NDJSON (one route a line) or as one JSON document.
 */
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'

export type StreamFormat = 'json' | 'ndjson'

export const contentTypes: Readonly<Record<StreamFormat, string>> = {
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
}

/** A body of `{"<key>":[...],"count":n}`, or the items alone a line each. */
export function streamedBody(
  slices: Iterable<readonly object[]>,
  key: string,
  format: StreamFormat,
): Readable {
  const text = format === 'ndjson' ? ndjsonOf(slices) : documentOf(slices, key)
  return Readable.from(text, { objectMode: false })
}

async function* ndjsonOf(slices: Iterable<readonly object[]>): AsyncGenerator<string> {
  for (const slice of slices) {
    if (slice.length > 0) yield slice.map((item) => `${JSON.stringify(item)}\n`).join('')
    await nextTurn()
  }
}

async function* documentOf(slices: Iterable<readonly object[]>, key: string): AsyncGenerator<string> {
  let count = 0
  yield `{${JSON.stringify(key)}:[`
  for (const slice of slices) {
    if (slice.length > 0) {
      yield `${count > 0 ? ',' : ''}\n${slice.map((item) => JSON.stringify(item)).join(',\n')}`
      count += slice.length
    }
    await nextTurn()
  }
  yield `${count > 0 ? '\n' : ''}],"count":${count}}\n`
}
