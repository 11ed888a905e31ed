/**
 * The command line's end of the HTTP API: one small document, or a stream of lines that is read no faster than it is
 * written out. Whatever goes wrong becomes a CliError that says what to do.
 */
import type { IncomingMessage } from 'node:http'
import { http } from '../node-http.ts'
import { CliError } from './cli-error.ts'

export const DEFAULT_SERVER = '127.0.0.1:8083'

/** An API that accepts a connection and then says nothing for so long is broken. */
const SILENCE_MS = 30_000

/** Parameters; a list is repeated. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>

export class ApiClient {
  readonly #base: URL
  readonly #silenceMs: number

  /** `silenceMs`: how long an answer may take to begin. */
  constructor(server: string, silenceMs = SILENCE_MS) {
    this.#base = parseServer(server)
    this.#silenceMs = silenceMs
  }

  async get(path: string, query: Query = {}): Promise<unknown> {
    return this.#document('GET', path, query)
  }

  async post(path: string): Promise<unknown> {
    return this.#document('POST', path, {})
  }

  /** Lines of an NDJSON answer, unparsed. */
  async *lines(path: string, query: Query): AsyncGenerator<string> {
    const response = await this.#send('GET', path, { ...query, format: 'ndjson' })
    // No bound on silence here: a watch may have nothing to say, and a pager may let us wait.
    response.socket.setTimeout(0)
    response.setEncoding('utf8')
    let unfinished = ''
    try {
      for await (const chunk of response) {
        const lines = (unfinished + String(chunk)).split('\n')
        unfinished = lines.pop()!
        for (const line of lines) if (line !== '') yield line
      }
    } catch {
      // A daemon that ends or breaks off mid-answer leaves the chunked body unfinished: never pass that off as the whole.
      throw this.#brokenOff()
    } finally {
      response.destroy()
    }
  }

  async #document(method: string, path: string, query: Query): Promise<unknown> {
    const response = await this.#send(method, path, query)
    return parseDocument(await this.#text(response))
  }

  async #text(response: IncomingMessage): Promise<string> {
    response.setEncoding('utf8')
    let text = ''
    try {
      for await (const chunk of response) text += String(chunk)
    } catch {
      throw this.#brokenOff()
    }
    return text
  }

  async #send(method: string, path: string, query: Query): Promise<IncomingMessage> {
    const url = new URL(path, this.#base)
    for (const [name, value] of Object.entries(query)) {
      for (const text of typeof value === 'string' ? [value] : (value ?? []))
        url.searchParams.append(name, text)
    }
    const response = await this.#connect(method, url)
    if (response.statusCode !== undefined && response.statusCode < 300) return response
    throw errorOfAnswer(response.statusCode ?? 0, await this.#text(response))
  }

  #connect(method: string, url: URL): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      // No agent: a connection of its own, closed with the answer, so that the program ends when its work does.
      const outgoing = http().request(url, { method, agent: false }, resolve)
      outgoing.setTimeout(this.#silenceMs, () => outgoing.destroy(new Error('no answer')))
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        reject(
          new CliError(
            'connection',
            `no heddle daemon answers at ${this.#base.host} (${error.code ?? error.message})`,
            'Start one with `heddle run -c FILE`, or name its API address with --server HOST:PORT.',
          ),
        )
      })
      outgoing.end()
    })
  }

  #brokenOff(): CliError {
    return new CliError(
      'connection',
      `the answer of ${this.#base.host} broke off`,
      'Is the daemon still running?',
    )
  }
}

function parseServer(server: string): URL {
  const text = server.includes('://') ? server : `http://${server}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' || url.pathname !== '/' || url.search !== '') {
    throw new CliError(
      'usage',
      `--server ${server} is not an address`,
      'Write HOST:PORT, such as 127.0.0.1:8083.',
    )
  }
  // As everywhere in heddle the API's port is 8083; `http://` alone would mean 80.
  if (url.port === '' && !/:80\/?$/.test(text)) url.port = '8083'
  return url
}

function parseDocument(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CliError(
      'not-heddle',
      'the answer is not JSON',
      'Does --server name the API of a heddle daemon?',
    )
  }
}

function errorOfAnswer(status: number, text: string): CliError {
  const body = parseDocument(text) as { error?: { code?: unknown; message?: unknown; hint?: unknown } } | null
  const facts = body?.error
  if (typeof facts?.code !== 'string' || typeof facts.message !== 'string') {
    return new CliError(
      'not-heddle',
      `the API answered with status ${status}`,
      'Does --server name a heddle daemon?',
    )
  }
  return new CliError(facts.code, facts.message, typeof facts.hint === 'string' ? facts.hint : '')
}
