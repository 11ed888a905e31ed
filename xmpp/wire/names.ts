/**
 * Fixed names of the agent channel (agent-channel reference 1.2).
 */
export const CONTROL_NODE_JID = 'network-control@contrailsystems.com'
export const STREAMS_NAMESPACE = 'http://etherx.jabber.org/streams'
export const PUBSUB_NAMESPACE = 'http://jabber.org/protocol/pubsub'
export const TLS_NAMESPACE = 'urn:ietf:params:xml:ns:xmpp-tls'

/** What a stanza is about: the part of its address after the last slash. */
export type Resource = 'bgp-peer' | 'config'

/** The underlay's instance: agents subscribe to it, and nothing in it is routed here. */
export const UNDERLAY_INSTANCE = 'default-domain:default-project:ip-fabric:__default__'

/** Node of the End-of-RIB marker (agent-channel reference 3.7, 4.7). */
export const END_OF_RIB_NODE = '0/0/EndOfRib'

/** The resource of an address, compared exactly: a substring test confuses hosts named after a resource. */
export function resourceOf(address: string): Resource | undefined {
  const resource = address.slice(address.lastIndexOf('/') + 1)
  return resource === 'bgp-peer' || resource === 'config' ? resource : undefined
}
