/**
 * Defaults that a BGPPeerGroup gives to the peers that name it (pure). They are put under what a peer says itself before the
 * peer is checked, so that a key left out is taken from the group first and from the schema only then:
 *
 *   group   {autonomousSystem: 64512, holdTime: 30s}
 *   peer    {peerGroup: gateways, address: 192.0.2.1, holdTime: 9s}   →   AS 64512, hold time 9 s
 *
 * A key is taken as a whole: what stands below it is not merged.
 */
import { dirname, resolve } from 'node:path'
import type { DocumentSource } from './document-source.ts'
import type { ConfigProblem } from './problem.ts'

type Mapping = Record<string, unknown>

/** A peer with what its group gives it. */
export interface GroupedPeer {
  readonly source: DocumentSource
  /** Problems without those of keys that come from the group, which are reported there. */
  own(problems: readonly ConfigProblem[]): readonly ConfigProblem[]
}

export class PeerGroups {
  readonly #specs = new Map<string, Mapping>()

  constructor(sources: Iterable<DocumentSource>) {
    for (const { value, file } of sources) {
      const name = kindOf(value) === 'BGPPeerGroup' ? nameOf(value) : undefined
      const spec = specOf(value)
      if (name !== undefined && spec && !this.#specs.has(name))
        this.#specs.set(name, withAbsolutePaths(spec, file))
    }
  }

  /** Any other document comes back as it is. */
  applied(source: DocumentSource): GroupedPeer {
    const spec = kindOf(source.value) === 'BGPPeer' ? specOf(source.value) : undefined
    if (!spec) return { source, own: (problems) => problems }
    const mine = withAbsolutePaths(spec, source.file)
    const groupName = spec['peerGroup']
    const group = typeof groupName === 'string' ? this.#specs.get(groupName) : undefined
    const inherited = new Set(Object.keys(group ?? {}).filter((key) => !Object.hasOwn(mine, key)))
    const value = { ...(source.value as Mapping), spec: { ...group, ...mine } }
    return {
      source: source.withValue(value),
      own: (problems) => problems.filter(({ path }) => !inherited.has(/^spec\.(\w+)/.exec(path)?.[1] ?? '')),
    }
  }
}

/** A relative path is meant from the folder of the file it stands in, whichever peer takes it over. */
function withAbsolutePaths(spec: Mapping, file: string): Mapping {
  const authentication = spec['authentication'] as Mapping | undefined
  if (!isMapping(authentication) || typeof authentication['passwordFile'] !== 'string') return spec
  const passwordFile = passwordPath(file, authentication['passwordFile'])
  return { ...spec, authentication: { ...authentication, passwordFile } }
}

/** Where a password file lies that a configuration file names. */
export function passwordPath(configurationFile: string, passwordFile: string): string {
  return resolve(dirname(resolve(configurationFile)), passwordFile)
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function specOf(value: unknown): Mapping | undefined {
  const spec = isMapping(value) ? value['spec'] : undefined
  return isMapping(spec) ? spec : undefined
}

export function kindOf(value: unknown): unknown {
  return isMapping(value) ? value['kind'] : undefined
}

function nameOf(value: unknown): string | undefined {
  const metadata = isMapping(value) ? value['metadata'] : undefined
  const name = isMapping(metadata) ? metadata['name'] : undefined
  return typeof name === 'string' ? name : undefined
}
