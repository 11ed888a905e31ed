/**
 * The documents of a configuration by kind, each valid by itself, and the names they go by.
 */
import type { DocumentOf, Kind } from './schema.ts'
import type { Reference } from './scalar-schema.ts'
import type { Secrets } from './secrets.ts'

export type ControlNodeDocument = DocumentOf<'ControlNode'>
export type BgpPeerDocument = DocumentOf<'BGPPeer'>
export type VirtualNetworkDocument = DocumentOf<'VirtualNetwork'>
export type FloatingIpPoolDocument = DocumentOf<'FloatingIPPool'>
export type ComputeNodeDocument = DocumentOf<'ComputeNode'>
export type PortDocument = DocumentOf<'Port'>
export type FloatingIpDocument = DocumentOf<'FloatingIP'>
export type RoutingPolicyDocument = DocumentOf<'RoutingPolicy'>
export type PrefixListDocument = DocumentOf<'PrefixList'>
export type NetworkConnectionDocument = DocumentOf<'NetworkConnection'>

export interface Documents {
  readonly controlNode: ControlNodeDocument
  /** With what their groups give them. */
  readonly peers: readonly BgpPeerDocument[]
  readonly secrets: Secrets
  readonly networks: readonly VirtualNetworkDocument[]
  readonly pools: readonly FloatingIpPoolDocument[]
  readonly nodes: readonly ComputeNodeDocument[]
  readonly ports: readonly PortDocument[]
  readonly floatingIps: readonly FloatingIpDocument[]
  readonly policies: readonly RoutingPolicyDocument[]
  readonly prefixLists: readonly PrefixListDocument[]
  readonly connections: readonly NetworkConnectionDocument[]
}

/** `namespace/name`: how documents of a namespaced kind are told apart. */
export function scopedName(metadata: { readonly namespace: string; readonly name: string }): string {
  return `${metadata.namespace}/${metadata.name}`
}

/** The scoped name a reference means, seen from a namespace. */
export function resolveReference(reference: Reference, namespace: string): string {
  return `${reference.namespace ?? namespace}/${reference.name}`
}

/** How a document is called in messages: `Port k8s-ns-user-1/web`. */
export function documentTitle(document: {
  readonly kind: Kind
  readonly metadata: { readonly name: string; readonly namespace?: string }
}): string {
  const { name, namespace } = document.metadata
  return `${document.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`
}
