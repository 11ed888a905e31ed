/**
 * Code points of BGP-4 as IANA registers them; the RFC that defines each group stands beside it.
 * Address families are not here: rib/model/family.ts holds them for every layer.
 */

/** Message types (RFC 4271 §4.1, RFC 2918 §3). */
export const MessageType = { open: 1, update: 2, notification: 3, keepalive: 4, routeRefresh: 5 } as const
export type MessageType = (typeof MessageType)[keyof typeof MessageType]

/** Path attribute types (RFC 4271 §5 and the RFCs named). */
export const AttrType = {
  origin: 1,
  asPath: 2,
  nextHop: 3,
  med: 4,
  localPref: 5,
  atomicAggregate: 6,
  aggregator: 7,
  /** RFC 1997. */
  communities: 8,
  /** RFC 4456. */
  originatorId: 9,
  clusterList: 10,
  /** RFC 4760. */
  mpReach: 14,
  mpUnreach: 15,
  /** RFC 4360. */
  extCommunities: 16,
  /** RFC 6793. */
  as4Path: 17,
  as4Aggregator: 18,
  /** RFC 9012. */
  tunnelEncapsulation: 23,
  /** RFC 8092. */
  largeCommunities: 32,
  /** RFC 9234. */
  onlyToCustomer: 35,
} as const

/** Attribute flags (RFC 4271 §4.3); the low four bits are unused and ignored. */
export const AttrFlag = { optional: 0x80, transitive: 0x40, partial: 0x20, extendedLength: 0x10 } as const

/** Capability codes (IANA capability registry). */
export const CapabilityCode = {
  multiprotocol: 1,
  routeRefresh: 2,
  /** RFC 8950. */
  extendedNextHop: 5,
  extendedMessage: 6,
  /** RFC 9234. */
  role: 9,
  gracefulRestart: 64,
  as4: 65,
  /** RFC 7911. */
  addPath: 69,
  enhancedRouteRefresh: 70,
  /** RFC 9494. */
  longLivedGracefulRestart: 71,
  fqdn: 73,
} as const

/** Optional parameter types of OPEN (RFC 5492 §4, RFC 9072 §2). */
export const OptionalParameter = { capabilities: 2, extendedLength: 255 } as const

/** NOTIFICATION error codes (RFC 4271 §4.5, RFC 7313 §5). */
export const ErrorCode = {
  header: 1,
  open: 2,
  update: 3,
  holdTimer: 4,
  fsm: 5,
  cease: 6,
  routeRefresh: 7,
  /** RFC 9687. */
  sendHoldTimer: 8,
} as const

export const HeaderError = { unspecific: 0, notSynchronized: 1, badLength: 2, badType: 3 } as const

export const OpenError = {
  unspecific: 0,
  unsupportedVersion: 1,
  badPeerAs: 2,
  badIdentifier: 3,
  unsupportedParameter: 4,
  unacceptableHoldTime: 6,
  unsupportedCapability: 7,
  /** RFC 9234 §4.2. */
  roleMismatch: 11,
} as const

export const UpdateError = {
  malformedAttributeList: 1,
  unrecognizedWellKnown: 2,
  missingWellKnown: 3,
  attributeFlags: 4,
  attributeLength: 5,
  invalidOrigin: 6,
  invalidNextHop: 8,
  optionalAttribute: 9,
  invalidNetwork: 10,
  malformedAsPath: 11,
} as const

/** Subcodes of Cease (RFC 4486, RFC 8538). */
export const CeaseError = {
  maximumPrefixes: 1,
  administrativeShutdown: 2,
  peerDeconfigured: 3,
  administrativeReset: 4,
  connectionRejected: 5,
  configurationChange: 6,
  collisionResolution: 7,
  outOfResources: 8,
  hardReset: 9,
} as const

/** Octets of the fixed header (RFC 4271 §4.1). */
export const HEADER_LENGTH = 19

/** Largest message without, and with, the extended message capability (RFC 4271 §4.1, RFC 8654 §3). */
export const MAX_MESSAGE_LENGTH = 4096
export const MAX_EXTENDED_MESSAGE_LENGTH = 65535

/** The only version there is. */
export const BGP_VERSION = 4
