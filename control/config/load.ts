/**
 * From files to documents: every file is read, every document checked, then what they say about each other. All problems
 * are collected; documents come out only when there is none.
 */
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { parseAsn } from './asn.ts'
import { consistencyProblems } from './consistency.ts'
import { readDocuments } from './document-source.ts'
import type { DocumentSource } from './document-source.ts'
import type { ControlNodeDocument, Documents } from './documents.ts'
import { isRefusal } from './parsed.ts'
import { PeerGroups } from './peer-groups.ts'
import { compareProblems } from './problem.ts'
import type { ConfigProblem } from './problem.ts'
import { DeclaredNames, duplicateProblems, referenceProblems } from './references.ts'
import { noSecrets, readSecrets } from './secrets.ts'
import type { Secrets } from './secrets.ts'
import { validateDocument } from './schema-problems.ts'
import type { DocumentOf, Kind } from './schema.ts'
import { ofKind } from './sourced.ts'
import type { SourcedDocument } from './sourced.ts'

export interface ConfigText {
  readonly file: string
  readonly text: string
}

export interface LoadedConfig {
  /** Undefined when there is any problem. */
  readonly documents: Documents | undefined
  readonly problems: readonly ConfigProblem[]
  /** What was read, for the lines a report shows. */
  readonly texts: readonly ConfigText[]
  readonly documentCount: number
}

/** Reads and checks files and folders (their *.yaml, *.yml and *.json, by name, not below). */
export async function loadConfig(paths: readonly string[]): Promise<LoadedConfig> {
  const texts: ConfigText[] = []
  const problems: ConfigProblem[] = []
  const seen = new Set<string>()
  for (const path of paths) {
    for (const file of await filesAt(path, problems)) {
      const text = await readConfigFile(file, seen, problems)
      if (text !== undefined) texts.push({ file, text })
    }
  }
  const sources = sourcesOf(texts, problems)
  const secrets = await readSecrets(sources, problems)
  return checkSources(sources, texts, { problems, secrets })
}

/** Checks texts that are read already; the problems given come out with the new ones. */
export function parseConfig(
  texts: readonly ConfigText[],
  earlier: readonly ConfigProblem[] = [],
): LoadedConfig {
  const problems = [...earlier]
  return checkSources(sourcesOf(texts, problems), texts, { problems, secrets: noSecrets })
}

function sourcesOf(texts: readonly ConfigText[], problems: ConfigProblem[]): DocumentSource[] {
  const sources: DocumentSource[] = []
  for (const { file, text } of texts) {
    const read = readDocuments(file, text)
    problems.push(...read.problems)
    sources.push(...read.sources)
  }
  return sources
}

function checkSources(
  sources: readonly DocumentSource[],
  texts: readonly ConfigText[],
  { problems, secrets }: { readonly problems: ConfigProblem[]; readonly secrets: Secrets },
): LoadedConfig {
  const valid: SourcedDocument[] = []
  const groups = new PeerGroups(sources)
  for (const given of sources) {
    const grouped = groups.applied(given)
    const result = validateDocument(grouped.source)
    if ('document' in result) valid.push({ document: result.document, source: given })
    else problems.push(...grouped.own(result.problems))
  }
  const names = new DeclaredNames(sources)
  problems.push(
    ...duplicateProblems(valid, names),
    ...referenceProblems(valid, names),
    ...consistencyProblems(valid, localAsOf(sources)),
  )
  if (names.keys('ControlNode').length === 0) problems.push(...missingControlNode(texts, problems))
  problems.sort(compareProblems)
  const documents = problems.length === 0 ? collect(valid, secrets) : undefined
  return { documents, problems, texts, documentCount: sources.length }
}

/** Our AS number, from a ControlNode document that may have other problems. */
function localAsOf(sources: readonly DocumentSource[]): number | undefined {
  for (const { value } of sources) {
    const raw = value as { kind?: unknown; spec?: { autonomousSystem?: unknown } | null } | null
    const given = raw?.kind === 'ControlNode' ? raw.spec?.autonomousSystem : undefined
    if (typeof given !== 'number' && typeof given !== 'string') continue
    const parsed = parseAsn(given)
    if (!isRefusal(parsed)) return parsed.value
  }
  return undefined
}

/** Nothing says who we are; not worth saying beside a file that could not be read at all. */
function missingControlNode(
  texts: readonly ConfigText[],
  problems: readonly ConfigProblem[],
): ConfigProblem[] {
  if (problems.some((problem) => problem.path === '')) return []
  return [
    {
      file: texts[0]?.file ?? '',
      line: 1,
      column: 1,
      path: '',
      message: 'there is no ControlNode document',
      hint: 'add one with spec.autonomousSystem and spec.routerID',
    },
  ]
}

async function filesAt(path: string, problems: ConfigProblem[]): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const names = (await readdir(path)).filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name)).sort()
    if (names.length === 0) problems.push(unreadable(path, 'holds no *.yaml, *.yml or *.json file'))
    return names.map((name) => join(path, name))
  } catch (error) {
    problems.push(unreadable(path, reasonOf(error)))
    return []
  }
}

async function readConfigFile(
  file: string,
  seen: Set<string>,
  problems: ConfigProblem[],
): Promise<string | undefined> {
  try {
    // A folder and a file of it may both be named.
    const real = await realpath(file)
    if (seen.has(real)) return undefined
    seen.add(real)
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (error) {
    problems.push(unreadable(file, error instanceof TypeError ? 'is not UTF-8 text' : reasonOf(error)))
    return undefined
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  switch (code) {
    case 'ENOENT':
      return 'does not exist'
    case 'EACCES':
      return 'may not be read'
    default:
      return `cannot be read (${code ?? String(error)})`
  }
}

function unreadable(file: string, reason: string): ConfigProblem {
  return { file, line: 1, column: 1, path: '', message: `${file} ${reason}`, hint: '' }
}

function collect(valid: readonly SourcedDocument[], secrets: Secrets): Documents {
  const all = <K extends Kind>(kind: K): DocumentOf<K>[] =>
    ofKind(valid, kind).map(({ document }) => document)
  const control = ofKind(valid, 'ControlNode')[0]!
  return {
    controlNode: withAbsolutePaths(control.document, control.source.file),
    peers: all('BGPPeer'),
    secrets,
    networks: all('VirtualNetwork'),
    pools: all('FloatingIPPool'),
    nodes: all('ComputeNode'),
    ports: all('Port'),
    floatingIps: all('FloatingIP'),
    connections: all('NetworkConnection'),
    policies: all('RoutingPolicy'),
    prefixLists: all('PrefixList'),
  }
}

/** Paths within the ControlNode document are relative to the folder of its file. */
function withAbsolutePaths(document: ControlNodeDocument, file: string): ControlNodeDocument {
  const folder = dirname(resolve(file))
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(folder, path))
  const { spec } = document
  const { tls, ...agents } = spec.agents
  return {
    ...document,
    spec: {
      ...spec,
      stateDir: absolute(spec.stateDir),
      agents: tls
        ? {
            ...agents,
            tls: {
              cert: absolute(tls.cert),
              key: absolute(tls.key),
              ...(tls.ca === undefined ? {} : { ca: absolute(tls.ca) }),
            },
          }
        : agents,
    },
  }
}
