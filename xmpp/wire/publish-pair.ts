/**
 * A change of routes takes two stanzas, publish then collection (agent-channel reference 3.1): the first holds the
 * routes, the second says in which VRF and whether they come or go. They belong together when they name the same node.
 * Only one publish waits at a time; one without its collection is dropped.
 */
import type { Element } from './element.ts'
import type { Collection, Publish } from './stanza.ts'

export type PairResult =
  | {
      readonly kind: 'change'
      readonly vrf: string
      readonly node: string
      readonly isAdd: boolean
      readonly entries: readonly Element[]
    }
  /** The form of End-of-RIB that the field's server knows (agent-channel reference 3.7): no item. */
  | { readonly kind: 'endOfRib' }
  | { readonly kind: 'mismatch'; readonly reason: string }

export class PublishPair {
  #publish: Publish | undefined

  get isEmpty(): boolean {
    return this.#publish === undefined
  }

  /** True when a publish that waited was dropped for this one. */
  begin(publish: Publish): boolean {
    const isDropped = this.#publish !== undefined
    this.#publish = publish
    return isDropped
  }

  finish(collection: Collection): PairResult {
    const publish = this.#publish
    this.#publish = undefined
    if (!publish) return { kind: 'mismatch', reason: 'collectionWithoutPublish' }
    // Without items and action, the marker may carry one node on both of its stanzas.
    const node = collection.action === undefined && collection.vrf !== '' ? collection.vrf : collection.node
    if (publish.entries.length === 0 && publish.node === node) return { kind: 'endOfRib' }
    if (publish.node !== collection.node) return { kind: 'mismatch', reason: 'nodesDiffer' }
    if (collection.action === undefined) return { kind: 'mismatch', reason: 'collectionWithoutAction' }
    return {
      kind: 'change',
      vrf: collection.vrf,
      node: publish.node,
      isAdd: collection.action === 'associate',
      entries: publish.entries,
    }
  }
}
