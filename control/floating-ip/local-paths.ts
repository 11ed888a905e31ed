/**
 * Local paths in the RIB: what is there is kept beside what should be, and the difference applied, the new before the
 * old goes. Every compute node is a source of its own, so that a port on two nodes is two paths.
 */
import type { Rib } from '../../rib/rib.ts'
import { SourceKind } from '../../rib/path-source.ts'
import type { PathSource } from '../../rib/path-source.ts'
import { emptyPathInput } from '../../rib/table.ts'
import type { Table } from '../../rib/table.ts'
import { invariant } from '../../rib/invariant.ts'
import { plainAttributes } from '../../rib/model/attr-set.ts'
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { encapsulationCommunity, extCommunities, tunnelTypes } from '../../rib/model/ext-community.ts'
import { Family } from '../../rib/model/family.ts'
import { prefixKey } from '../../rib/model/route-key.ts'
import type { DesiredNode } from '../config/desired.ts'
import { localPathKey } from './local-path.ts'
import type { LocalPath } from './local-path.ts'

/** What an agent's ordinary path has (control-node reference 2d): beside an agent's, a static path is its equal. */
const LOCAL_PREF = 100
const MED = 200

interface Present {
  readonly path: LocalPath
  readonly source: PathSource
}

export class LocalPaths {
  readonly #rib: Rib
  readonly #present = new Map<string, Present>()
  readonly #sources = new Map<string, PathSource>()
  readonly #input = emptyPathInput()

  constructor(rib: Rib) {
    this.#rib = rib
  }

  /** Adds and changes what is wanted; returns how many paths were new or changed. */
  announce(wanted: readonly LocalPath[]): number {
    let changed = 0
    for (const path of wanted) {
      const key = localPathKey(path)
      const before = this.#present.get(key)
      const source = before?.source ?? this.#sourceOf(path.node)
      this.#present.set(key, { path, source })
      if (before && sameContent(before.path, path)) continue
      changed++
      this.#upsert(path, source)
    }
    return changed
  }

  /** Removes what is no longer wanted, then what nothing needs any more; returns how many paths went. */
  retract(wanted: readonly LocalPath[]): number {
    const keys = new Set(wanted.map(localPathKey))
    let count = 0
    for (const [key, { path, source }] of this.#present) {
      if (keys.has(key)) continue
      this.#present.delete(key)
      this.#tableOf(path)?.withdraw(prefixKey(path.prefix), 0, source, path.label)
      count++
    }
    if (count > 0) this.#letGo()
    return count
  }

  #upsert(path: LocalPath, source: PathSource): void {
    const instance = this.#rib.instance(path.vrf)
    invariant(instance !== undefined, `no VRF ${path.vrf} for a local path`)
    this.#rib.attach(instance, source)
    const input = this.#input
    input.source = source
    // A node gives every port a label of its own, so it tells the ports of one floating IP apart.
    input.pathId = path.label
    input.attrs = this.#attributes(path.node)
    input.label = path.label
    input.instanceId = path.instanceId
    input.flags = 0
    this.#tableOf(path)!.upsert(prefixKey(path.prefix), 0, input)
  }

  #attributes(node: DesiredNode): AttrSet {
    return this.#rib.attrs.intern({
      ...plainAttributes,
      nextHop: node.address,
      localPref: LOCAL_PREF,
      med: MED,
      extCommunities: extCommunities(
        node.encapsulations.map((name) => encapsulationCommunity(tunnelTypes.get(name)!)),
      ),
    })
  }

  #sourceOf(node: DesiredNode): PathSource {
    const key = sourceKey(node)
    let source = this.#sources.get(key)
    if (!source) {
      source = this.#rib.addSource({
        kind: SourceKind.local,
        name: `static:${node.name}`,
        isIbgp: false,
        isClient: false,
        asn: this.#rib.options.localAs,
        routerId: 0,
        address: node.address,
      })
      this.#sources.set(key, source)
    }
    return source
  }

  /** Detaches sources from VRFs where they have no path left, and removes those without any. */
  #letGo(): void {
    const vrfsOf = new Map<PathSource, Set<string>>()
    for (const { path, source } of this.#present.values()) {
      const vrfs = vrfsOf.get(source)
      if (vrfs) vrfs.add(path.vrf)
      else vrfsOf.set(source, new Set([path.vrf]))
    }
    for (const [key, source] of this.#sources) {
      const vrfs = vrfsOf.get(source)
      for (const instance of this.#rib.instances()) {
        if (instance.attached.has(source) && !vrfs?.has(instance.name)) this.#rib.detach(instance, source)
      }
      if (vrfs) continue
      this.#sources.delete(key)
      this.#rib.removeSource(source)
    }
  }

  #tableOf(path: LocalPath): Table | undefined {
    const family = path.prefix.address.length === 4 ? Family.inet : Family.inet6
    return this.#rib.instance(path.vrf)?.table(family)
  }
}

function sourceKey(node: DesiredNode): string {
  return `${node.name} ${node.address.join('.')}`
}

/** The rest of what a path says, beyond its key. */
function sameContent(a: LocalPath, b: LocalPath): boolean {
  return a.instanceId === b.instanceId && a.node.encapsulations.join() === b.node.encapsulations.join()
}
