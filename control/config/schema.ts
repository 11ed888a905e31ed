/**
 * The documents heddle is configured with (design 1.3): one zod schema for every kind. Unknown keys are errors; what is
 * left out gets the default that stands here and nowhere else.
 */
import * as z from 'zod'
import { Family } from '../../rib/model/family.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { FIRST_UNRESERVED_LABEL, MAX_LABEL } from '../../rib/model/label.ts'
import {
  address,
  addressRange,
  autonomousSystem,
  cidr,
  endpoint,
  family,
  holdTimeSec,
  ipv4Address,
  name,
  read,
  reference,
  routeTarget,
} from './scalar-schema.ts'
import { parseAddress } from './address.ts'
import { parseCommunityText } from './policy-texts.ts'
import { policyNames, prefixList, routingPolicy } from './policy-schema.ts'
import type { Endpoint } from './address.ts'
import type { Parsed } from './parsed.ts'
import { groupSchema, restartSchema, sessionKeys } from './peer-schema.ts'

export const API_VERSION = 'heddle.dev/v1alpha1'

/** The project of a document that names none, as in Kubernetes. */
export const DEFAULT_NAMESPACE = 'default'

export const DEFAULT_STATE_DIR = '/var/lib/heddle'

// Kubernetes users carry these along; heddle does not look at them.
const texts = z.record(z.string(), z.string()).optional()
const clusterMetadata = z.strictObject({ name, labels: texts, annotations: texts })
const namespacedMetadata = z.strictObject({
  name,
  namespace: name.default(DEFAULT_NAMESPACE),
  labels: texts,
  annotations: texts,
})

function document<K extends string, M extends z.ZodType, S extends z.ZodType>(kind: K, metadata: M, spec: S) {
  return z.strictObject({ apiVersion: z.literal(API_VERSION), kind: z.literal(kind), metadata, spec })
}

function listen(host: string, port: number) {
  return z.array(endpoint).default((): Endpoint[] => [{ host, port }])
}

const port = z.number().int().min(1).max(65535)

const controlNode = z.strictObject({
  autonomousSystem,
  routerID: ipv4Address,
  clusterID: ipv4Address.optional(),
  gracefulShutdown: z.boolean().default(false),
  bgp: z.strictObject({ listen: listen('0.0.0.0', 179) }).prefault({}),
  agents: z
    .strictObject({
      listen: listen('0.0.0.0', 5269),
      holdTime: holdTimeSec({ zeroAllowed: false }).prefault('90s'),
      tls: z
        .strictObject({ cert: z.string().min(1), key: z.string().min(1), ca: z.string().min(1).optional() })
        .optional(),
    })
    .prefault({}),
  api: z.strictObject({ listen: listen('127.0.0.1', 8083) }).prefault({}),
  gracefulRestart: restartSchema,
  stateDir: z.string().min(1).default(DEFAULT_STATE_DIR),
})

const bgpPeer = z.strictObject({
  address: address.optional(),
  range: cidr.optional(),
  port: port.default(179),
  autonomousSystem,
  passive: z.boolean().default(false),
  families: z
    .array(family)
    .min(1)
    .default(() => [Family.inetVpn, Family.inet6Vpn, Family.routeTarget]),
  routeReflectorClient: z.boolean().default(false),
  holdTime: holdTimeSec({ zeroAllowed: true }).prefault('90s'),
  ebgpRequiresPolicy: z.boolean().default(true),
  importPolicies: policyNames,
  exportPolicies: policyNames,
  adminDown: z.boolean().default(false),
  localAddress: address.optional(),
  ...sessionKeys,
})

const bgpPeerGroup = groupSchema(bgpPeer)

/** An address, or `none` where nobody in the subnet has that part. */
const addressOrNone = read(z.string(), (text): Parsed<IpAddress | 'none'> =>
  text === 'none' ? { value: 'none' } : parseAddress(text),
)

const subnet = z.strictObject({
  cidr,
  gateway: addressOrNone.optional(),
  dnsServer: addressOrNone.optional(),
})

const targets = z.array(routeTarget).default(() => [])

/** A route that goes where another one of the VRF goes: the one to `nextHop`. */
const followingRoute = {
  prefix: cidr,
  nextHop: address,
  communities: z.array(read(z.string(), parseCommunityText)).default(() => []),
  routeTargets: targets,
}

const virtualNetwork = z.strictObject({
  domain: name.default('default-domain'),
  // The n of the automatic target: to be given where several control nodes of one AS must agree on it.
  networkID: z.number().int().min(1).max(0xffff).optional(),
  subnets: z.array(subnet).default(() => []),
  routeTargets: z.strictObject({ both: targets, import: targets, export: targets }).prefault({}),
  importPolicies: policyNames,
  exportPolicies: policyNames,
  staticRoutes: z.array(z.strictObject(followingRoute)).default(() => []),
  aggregates: z
    .array(z.strictObject({ ...followingRoute, discardMoreSpecifics: z.boolean().default(false) }))
    .default(() => []),
})

const floatingIpPool = z.strictObject({
  virtualNetwork: reference,
  ranges: z.array(addressRange).min(1).optional(),
})

const label = z.number().int().min(FIRST_UNRESERVED_LABEL).max(MAX_LABEL)

const computeNode = z.strictObject({
  address: ipv4Address,
  labels: z
    .strictObject({ from: label, to: label })
    .default(() => ({ from: FIRST_UNRESERVED_LABEL, to: MAX_LABEL })),
  encapsulations: z
    .array(z.enum(['gre', 'udp']))
    .min(1)
    .default(() => ['gre' as const, 'udp' as const]),
})

const portSpec = z.strictObject({
  virtualNetwork: reference,
  addresses: z.array(address).min(1),
  node: name.optional(),
})

const floatingIp = z.strictObject({
  pool: reference,
  address: address.optional(),
  family: z.enum(['inet', 'inet6']).optional(),
  ports: z.array(reference).default(() => []),
})

const networkConnection = z.strictObject({ networks: z.array(reference).min(2) })

/** The schema of every kind. */
export const documentSchemas = {
  ControlNode: document('ControlNode', clusterMetadata, controlNode),
  BGPPeer: document('BGPPeer', clusterMetadata, bgpPeer),
  BGPPeerGroup: document('BGPPeerGroup', clusterMetadata, bgpPeerGroup),
  VirtualNetwork: document('VirtualNetwork', namespacedMetadata, virtualNetwork),
  FloatingIPPool: document('FloatingIPPool', namespacedMetadata, floatingIpPool),
  ComputeNode: document('ComputeNode', clusterMetadata, computeNode),
  Port: document('Port', namespacedMetadata, portSpec),
  FloatingIP: document('FloatingIP', namespacedMetadata, floatingIp),
  NetworkConnection: document('NetworkConnection', namespacedMetadata, networkConnection),
  RoutingPolicy: document('RoutingPolicy', clusterMetadata, routingPolicy),
  PrefixList: document('PrefixList', clusterMetadata, prefixList),
} as const

export type Kind = keyof typeof documentSchemas
export const kinds = Object.keys(documentSchemas) as Kind[]

/** Kinds that belong to no namespace. */
export const clusterKinds: ReadonlySet<string> = new Set<Kind>([
  'ControlNode',
  'BGPPeer',
  'BGPPeerGroup',
  'ComputeNode',
  'RoutingPolicy',
  'PrefixList',
])

/** A document of one kind, read and with its defaults. */
export type DocumentOf<K extends Kind> = z.output<(typeof documentSchemas)[K]>
export type AnyDocument = { [K in Kind]: DocumentOf<K> }[Kind]
