/**
 * The shape of the house, checked from the sources themselves so that no lint comment can switch it off: who may import
 * whom, where the outside world (sockets, clocks, timers, the process) is touched, and how large a file may grow.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const MAX_LINES = 400

interface SourceFile {
  readonly path: string
  readonly text: string
  /** The text without comments and string contents. */
  readonly code: string
  /** Repository paths of imported sources, type-only imports included. */
  readonly internal: readonly string[]
  /** Those that remain at run time. */
  readonly values: readonly string[]
  /** Package and node: specifiers. */
  readonly external: readonly string[]
}

/** Values that every layer may use and that import nothing themselves. */
const foundation = ['rib/invariant.ts', 'rib/clock.ts', 'rib/log.ts', 'rib/give-back.ts']

/** Layer → the layers it may import beside itself (design: imports only downwards, bgp and xmpp apart). */
const mayImport: Record<string, readonly string[]> = {
  'rib/model': [],
  foundation: [],
  rib: ['rib/model', 'foundation'],
  'bgp/wire': ['rib/model', 'foundation'],
  'bgp/fsm': ['bgp/wire', 'rib/model', 'foundation'],
  'xmpp/wire': ['rib/model', 'foundation'],
  'xmpp/fsm': ['xmpp/wire', 'rib/model', 'foundation'],
  'bgp/session': ['bgp/wire', 'bgp/fsm', 'rib', 'rib/model', 'foundation'],
  'xmpp/session': ['xmpp/wire', 'xmpp/fsm', 'rib', 'rib/model', 'foundation'],
  'xmpp/client': ['xmpp/wire', 'xmpp/fsm', 'rib', 'rib/model', 'foundation'],
  control: [
    'bgp/wire',
    'bgp/fsm',
    'bgp/session',
    'xmpp/wire',
    'xmpp/fsm',
    'xmpp/session',
    'xmpp/client',
    'rib',
    'rib/model',
    'foundation',
  ],
}

/** The only places with sockets, clocks, timers and the process. */
const shell = [
  /^(bgp|xmpp)\/session\/(connection|listener|native-sockets|tcp-sockets)\.ts$/,
  /^xmpp\/client\//,
  /^control\//,
]

const outsideWorld: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b|\bnew Date\b/, 'Date'],
  [/\bperformance\.now\b/, 'performance.now'],
  [/\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/, 'timers'],
  [/\bprocess\./, 'process'],
  [/\bconsole\./, 'console'],
  [/\bMath\.random\b/, 'Math.random'],
]

/** `import ... from 'x'`, `export ... from 'x'`, `import 'x'` at the start of a line, and `import('x')` anywhere. */
const importStatement = /(?:^(?:import|export)\b[^'"`;()=]*?\bfrom\s*|^import\s*|\bimport\(\s*)'([^'\n]+)'/gm

const sources = ['rib', 'bgp', 'xmpp', 'control'].flatMap(readSources)

describe('architecture', () => {
  it('finds the sources it judges', () => {
    expect(sources.length).to.be.greaterThan(10)
    expect(sources.some((file) => file.internal.length > 0)).to.equal(true)
  })

  it('lets every layer import only from layers below it', () => {
    const wrong = sources.flatMap((file) =>
      file.internal
        .filter((target) => !isAllowed(layerOf(file.path), layerOf(target)))
        .map((target) => `${file.path} -> ${target}`),
    )
    expect(wrong).to.deep.equal([])
  })

  it('knows the layer of every file', () => {
    expect(sources.map((file) => file.path).filter((path) => layerOf(path) === undefined)).to.deep.equal([])
  })

  it('imports only files that exist', () => {
    const known = new Set(sources.map((file) => file.path))
    const wrong = sources.flatMap((file) =>
      file.internal.filter((target) => !known.has(target)).map((target) => `${file.path} -> ${target}`),
    )
    expect(wrong).to.deep.equal([])
  })

  it('has no import cycle at run time', () => {
    expect(findCycle(new Map(sources.map((file) => [file.path, file.values])))).to.deep.equal([])
  })

  it('starts a daemon without the parsers of its configuration, and without what few daemons need of Node', () => {
    const texts = new Map(sources.map((file) => [file.path, file.text]))
    const reached = new Set(['control/daemon.ts', 'control/cli/run-cli.ts', 'control/api/api-server.ts'])
    const wrong: string[] = []
    for (const path of reached) {
      // What is imported where it is used does not count, nor do types.
      for (const [, name] of texts.get(path)!.matchAll(/^import (?!type\b)[^'";]*from '([^']+)'/gm)) {
        if (['zod', 'yaml', 'node:http', 'node:https', 'node:tls', 'ip-num'].includes(name!))
          wrong.push(`${path} -> ${name}`)
        else if (name!.startsWith('.')) reached.add(join(dirname(path), name!))
      }
    }
    expect(reached.size).to.be.greaterThan(50)
    expect(wrong).to.deep.equal([])
  })

  it('keeps node: modules out of the values and the pure core', () => {
    const wrong = sources
      .filter((file) => !shell.some((pattern) => pattern.test(file.path)))
      .flatMap((file) =>
        file.external.filter((name) => name !== 'node:buffer').map((name) => `${file.path} -> ${name}`),
      )
    expect(wrong).to.deep.equal([])
  })

  it('touches clocks, timers and the process only in the shell', () => {
    const wrong = sources
      .filter((file) => !shell.some((pattern) => pattern.test(file.path)))
      .flatMap((file) =>
        outsideWorld
          .filter(([pattern]) => pattern.test(file.code))
          .map(([, name]) => `${file.path}: ${name}`),
      )
    expect(wrong).to.deep.equal([])
  })

  it(`keeps every file at ${MAX_LINES} lines or fewer`, () => {
    const lines = (file: SourceFile): number => file.text.split('\n').length - 1
    expect(sources.filter((file) => lines(file) > MAX_LINES).map((file) => file.path)).to.deep.equal([])
  })

  it('has no barrels, which hide cycles', () => {
    const barrel = (file: SourceFile): boolean =>
      /(^|\/)index\.ts$/.test(file.path) || /^export \* from/m.test(file.code)
    expect(sources.filter(barrel).map((file) => file.path)).to.deep.equal([])
  })

  it('opens every file with a comment that states its concept', () => {
    const bare = sources.filter((file) => !/^(#!.*\n)?\/(\*\*|\/)/.test(file.text))
    expect(bare.map((file) => file.path)).to.deep.equal([])
  })
})

function isAllowed(from: string | undefined, to: string | undefined): boolean {
  if (from === undefined || to === undefined) return false
  return from === to || mayImport[from]!.includes(to)
}

function layerOf(path: string): string | undefined {
  if (foundation.includes(path)) return 'foundation'
  // The longest prefix names the layer: rib/model before rib.
  const layers = Object.keys(mayImport).filter((layer) => path.startsWith(`${layer}/`))
  return layers.sort((a, b) => b.length - a.length)[0]
}

function readSources(folder: string): SourceFile[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.ts')).map((name) => readSource(join(folder, name)))
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8')
  const withoutComments = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
  const code = withoutComments.replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
  const statements = [...withoutComments.matchAll(importStatement)]
  const place = (name: string): string => relative(root, join(root, dirname(path), name))
  const isInternal = (match: RegExpMatchArray): boolean => match[1]!.startsWith('.')
  const internal = statements.filter(isInternal)
  return {
    path,
    text,
    code,
    internal: internal.map((match) => place(match[1]!)),
    values: internal
      .filter((match) => !/^(import|export) type\b/.test(match[0]))
      .map((match) => place(match[1]!)),
    external: statements.filter((match) => !isInternal(match)).map((match) => match[1]!),
  }
}

/** The first cycle met in a depth-first walk, as the files on it; empty when there is none. */
function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const trail: string[] = []
  const walk = (path: string): string[] => {
    const start = trail.indexOf(path)
    if (start >= 0) return [...trail.slice(start), path]
    if (done.has(path)) return []
    trail.push(path)
    for (const target of edges.get(path) ?? []) {
      const cycle = walk(target)
      if (cycle.length > 0) return cycle
    }
    trail.pop()
    done.add(path)
    return []
  }
  for (const path of edges.keys()) {
    const cycle = walk(path)
    if (cycle.length > 0) return cycle
  }
  return []
}
