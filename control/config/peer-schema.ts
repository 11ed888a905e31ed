/**
 * What a BGPPeer says about its session beyond whom it is with: protection of the connection, limits, timers, shutdown.
 * Beside it the schema of a BGPPeerGroup, which is that of a peer without its defaults.
 */
import * as z from 'zod'
import { families, Family, familyName } from '../../rib/model/family.ts'
import { isRefusal, refuse } from './parsed.ts'
import type { Parsed } from './parsed.ts'
import { parseDurationSec } from './duration.ts'
import { autonomousSystem, name, read } from './scalar-schema.ts'
import { didYouMean } from './suggest.ts'
import type { PathChoice } from '../../rib/path-offers.ts'

/** The text of a shutdown fits one length octet (RFC 9003 §2). */
const MAX_SHUTDOWN_OCTETS = 255

const DEFAULT_RESTART_SEC = 300

/** Class selectors, assured and expedited forwarding by name (RFC 2474, 2597, 3246). */
const dscpNames: ReadonlyMap<string, number> = new Map([
  ['default', 0],
  ['ef', 46],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((n): [string, number] => [`cs${n}`, n * 8]),
  ...[1, 2, 3, 4].flatMap((n) =>
    [1, 2, 3].map((drop): [string, number] => [`af${n}${drop}`, n * 8 + drop * 2]),
  ),
])

/** A duration of at least some seconds. */
function durationSec(what: string, least: number) {
  return read(z.union([z.string(), z.number()]), (given) => {
    const parsed = parseDurationSec(given)
    if (isRefusal(parsed)) return parsed
    if (parsed.value >= least && parsed.value <= 65535) return parsed
    return refuse(`${what} is from ${least}s to 65535s, not ${given}`, 'write a duration such as 30s or 5m')
  })
}

/** A duration up to what its field on the wire holds. */
function boundedSec(what: string, most: number) {
  return read(z.union([z.string(), z.number()]), (given) => {
    const parsed = parseDurationSec(given)
    if (isRefusal(parsed) || parsed.value <= most) return parsed
    return refuse(`${what} is at most ${most}s, not ${given}`, 'write a duration such as 2m')
  })
}

const dscp = read(z.union([z.number(), z.string()]), (given): Parsed<number> => {
  const value = typeof given === 'number' ? given : dscpNames.get(given.toLowerCase())
  if (value !== undefined && Number.isInteger(value) && value >= 0 && value <= 63) return { value }
  const hint =
    typeof given === 'string'
      ? didYouMean(given, [...dscpNames.keys()], 21)
      : 'from 0 to 63, or a name such as cs6'
  return refuse(`${String(given).slice(0, 20)} is no DSCP`, hint)
})

const shutdownMessage = read(z.string(), (text): Parsed<string> => {
  const octets = new TextEncoder().encode(text).length
  return octets <= MAX_SHUTDOWN_OCTETS
    ? { value: text }
    : refuse(
        `a shutdown message has at most ${MAX_SHUTDOWN_OCTETS} octets of UTF-8 (RFC 9003), this one ${octets}`,
      )
})

const restartAfter = read(z.union([z.string(), z.number()]), (given): Parsed<number | 'never'> => {
  if (given === 'never') return { value: 'never' }
  const parsed = parseDurationSec(given)
  if (!isRefusal(parsed) && parsed.value > 0) return parsed
  return refuse(`restartAfter ${String(given).slice(0, 20)} is no duration`, 'write 5m, or never')
})

const prefixLimit = z.strictObject({
  limit: z.number().int().min(1).max(0xffff_ffff),
  warnPercent: z.number().int().min(1).max(100).default(80),
  action: z.enum(['reset', 'discard', 'warn']).default('reset'),
  restartAfter: restartAfter.default(DEFAULT_RESTART_SEC),
})

const maximumPrefixes = z.strictObject(
  Object.fromEntries(families.map((family) => [familyName(family), prefixLimit.optional()])),
)

/** How peers are to treat our own restarts; a restart time of 0s leaves us a helper. */
export const restartSchema = z
  .strictObject({
    restartTime: boundedSec('restartTime', 0xfff).prefault('120s'),
    selectionDeferralTime: boundedSec('selectionDeferralTime', 0xfff).prefault('60s'),
    longLivedStaleTime: boundedSec('longLivedStaleTime', 0xff_ffff).prefault('0s'),
  })
  .prefault({})

/** The number alone, or with what goes with it. */
const localAs = z.preprocess(
  (given) => (typeof given === 'number' || typeof given === 'string' ? { as: given } : given),
  z.strictObject({
    as: autonomousSystem,
    noPrepend: z.boolean().default(false),
    replaceAS: z.boolean().default(false),
  }),
)

const loopCount = z.number().int().min(0).max(16)

/** One number for all families, or a number for each. */
const allowOwnAs = z.preprocess(
  (given) => (typeof given === 'object' ? given : { all: given }),
  z.strictObject(
    Object.fromEntries(['all', ...families.map(familyName)].map((key) => [key, loopCount.optional()])),
  ),
)

const pathChoices = ['best', 'equal-cost', 'all'] as const

const pathChoice = read(z.union([z.string(), z.number()]), (given): Parsed<PathChoice> => {
  const named = pathChoices.find((choice) => choice === given)
  if (named !== undefined) return { value: named }
  if (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= 255)
    return { value: given }
  const hint = typeof given === 'string' ? didYouMean(given, pathChoices) : ''
  return refuse(
    `${String(given).slice(0, 20)} says not which paths`,
    hint || 'all, equal-cost, best, or how many from 1 to 255',
  )
})

/** Several paths of a route (RFC 7911): whether they may come, and which of them go. */
const addPath = z.strictObject({ receive: z.boolean().default(false), send: pathChoice.optional() })

/** What a router can be asked to do: `native` is between agents, and VXLAN makes other numbers of labels. */
const tunnel = z.enum(['gre', 'udp', 'mpls'])

const tunnelsByFamily = z.strictObject(
  Object.fromEntries(
    families
      .filter((family) => family !== Family.routeTarget)
      .map((family) => [familyName(family), z.array(tunnel).min(1).optional()]),
  ),
)

/** Keys of a BGPPeer; all of them may stand in its group. */
export const sessionKeys = {
  peerGroup: name.optional(),
  localAS: localAs.optional(),
  asOverride: z.boolean().optional(),
  privateAS: z.enum(['remove', 'remove-all', 'replace-all']).optional(),
  allowOwnAS: allowOwnAs.optional(),
  enforceFirstAS: z.boolean().optional(),
  defaultTunnelEncapsulation: tunnelsByFamily.optional(),
  sendTunnelEncapsulation: z.enum(['community', 'attribute', 'both']).optional(),
  acceptTunnelEncapsulation: z.boolean().optional(),
  authentication: z
    .strictObject({ passwordFile: z.string().min(1).optional(), passwordEnv: z.string().min(1).optional() })
    .optional(),
  ttlSecurity: z.strictObject({ hops: z.number().int().min(1).max(254).default(1) }).optional(),
  ebgpMultihop: z.number().int().min(1).max(255).optional(),
  dscp: dscp.optional(),
  addPath: addPath.optional(),
  extendedNextHop: z.boolean().optional(),
  role: z.enum(['provider', 'customer', 'peer', 'rs', 'rs-client']).optional(),
  strictRole: z.boolean().optional(),
  maximumPrefixes: maximumPrefixes.optional(),
  keepalive: durationSec('keepalive', 1).optional(),
  connectRetry: durationSec('connectRetry', 1).optional(),
  idleHold: durationSec('idleHold', 1).optional(),
  sendHoldTime: durationSec('sendHoldTime', 1).optional(),
  // No default: that of the node is one.
  gracefulShutdown: z.boolean().optional(),
  gracefulRestart: z.enum(['full', 'helper', 'off']).optional(),
  shutdown: z.strictObject({ message: shutdownMessage.default('') }).optional(),
} as const

/** Keys that only a peer itself can have. */
const ownKeys = new Set(['address', 'range', 'peerGroup'])

/** The schema of a group: a peer's keys, each of which may be missing, and no default for those that are. */
export function groupSchema(peer: z.ZodObject) {
  const keys = Object.entries(peer.shape).filter(([key]) => !ownKeys.has(key))
  return z.strictObject(Object.fromEntries(keys.map(([key, type]) => [key, withoutDefault(type).optional()])))
}

function withoutDefault(type: z.core.$ZodType): z.ZodType {
  if (type instanceof z.ZodDefault || type instanceof z.ZodPrefault || type instanceof z.ZodOptional) {
    return withoutDefault(type.unwrap())
  }
  return type as z.ZodType
}
