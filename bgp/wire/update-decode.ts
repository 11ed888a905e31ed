/**
 * UPDATE (RFC 4271 §4.3) to runs of routes:
 *
 *   | length (2) | withdrawn routes | length (2) | path attributes | NLRI |
 *
 * Decoding never throws and keeps no view of the input. Routes go to reused arrays; an attribute list that was seen
 * before costs a hash and a comparison. Withdrawn runs come first: a prefix that is in both fields counts as reachable
 * (RFC 4271 §4.3).
 */
import type { AttrSet, Attributes } from '../../rib/model/attr-set.ts'
import { families, Family, familyName } from '../../rib/model/family.ts'
import { decodeAttributes } from './attribute-decode.ts'
import { attributesOf } from './attribute-draft.ts'
import type { AttributeDraft } from './attribute-draft.ts'
import { AttributeMemo } from './attribute-memo.ts'
import type { MemoNextHop } from './attribute-memo.ts'
import { attributeName } from './attribute-rows.ts'
import { AttributeScan } from './attribute-scan.ts'
import { AttrType, UpdateError } from './iana.ts'
import { MpEnvelope, decodeNextHop, isNextHopLength } from './mp-nlri.ts'
import type { NlriRow } from './nlri-row.ts'
import { nlriRow } from './nlri-rows.ts'
import { NlriRun } from './nlri-run.ts'
import { Severity, updateError, worstError } from './wire-error.ts'
import type { WireError } from './wire-error.ts'

export interface DecodeOptions {
  /** Both sides have 4-octet AS numbers (RFC 6793). */
  readonly as4: boolean
  readonly isIbgp: boolean
  /** The families negotiated. */
  readonly families: ReadonlySet<Family>
  /** Those of them whose NLRI has path identifiers (RFC 7911). */
  readonly pathIds?: ReadonlySet<Family>
  /** RFC 8950 was offered: IPv4 families may have IPv6 next hops. */
  readonly extendedNextHop?: boolean
  readonly intern: (attributes: Attributes) => AttrSet
}

/** What an UPDATE said. The object, its runs and its arrays are used again by the next decode. */
export interface DecodedUpdate {
  readonly runs: readonly NlriRun[]
  /** How many of the runs count. */
  runCount: number
  endOfRib: Family | undefined
  /** The worst of the errors; 0 when there are none. */
  severity: 0 | Severity
  readonly errors: WireError[]
}

/** Withdrawn routes and NLRI, MP_UNREACH_NLRI and MP_REACH_NLRI: there are no more fields with routes. */
const MAX_RUNS = 4

/** Kind of the plain NLRI field in the memo's keys; MP_REACH_NLRI has the family's number plus one. */
const PLAIN_KIND = 0

export class UpdateDecoder {
  private readonly options: DecodeOptions
  private readonly result: DecodedUpdate
  private readonly runs: readonly NlriRun[]
  /** By family: its codec, where it was negotiated and there is one. */
  private readonly rows: (NlriRow | undefined)[]
  private readonly scan: AttributeScan
  private readonly memo: AttributeMemo
  private readonly envelope: MpEnvelope
  private readonly nextHop: MemoNextHop
  /** The thorough decoding of the current UPDATE's attributes, done at most once. */
  private draft: AttributeDraft | undefined
  /** The attributes of the current UPDATE, and whether its fields hold reachable routes. */
  private attributesStart: number
  private attributesEnd: number
  private hasReach: boolean
  /** Some of them are of a family that was negotiated. */
  private hasReachRun: boolean
  private hasPlainReach: boolean

  constructor(options: DecodeOptions) {
    this.options = options
    this.runs = Array.from({ length: MAX_RUNS }, () => new NlriRun())
    this.result = { runs: this.runs, runCount: 0, endOfRib: undefined, severity: 0, errors: [] }
    this.rows = families.map((family) =>
      options.families.has(family) ? nlriRow(family, options.pathIds?.has(family) === true) : undefined,
    )
    this.scan = new AttributeScan()
    this.memo = new AttributeMemo()
    this.envelope = new MpEnvelope()
    this.nextHop = { kind: PLAIN_KIND, start: 0, end: 0 }
    this.draft = undefined
    this.attributesStart = 0
    this.attributesEnd = 0
    this.hasReach = false
    this.hasReachRun = false
    this.hasPlainReach = false
  }

  /** Drops all remembered attribute sets: to be called when the attribute table collects, since ids get a new meaning. */
  forgetAttributes(): void {
    this.memo.clear()
    for (const run of this.runs) run.attrs = undefined
  }

  /** Gives back what was remembered for the sake of a whole table: the table is complete. */
  releaseAttributes(): void {
    this.memo.release()
  }

  /** Decodes the body at [start, end). */
  decode(octets: Uint8Array, start: number, end: number): DecodedUpdate {
    const result = this.result
    result.runCount = 0
    result.endOfRib = undefined
    result.severity = 0
    // Setting a length costs a call into the runtime, and nearly every UPDATE has none.
    if (result.errors.length > 0) result.errors.length = 0
    this.draft = undefined

    const withdrawnEnd = fieldEnd(octets, start, end)
    const attributesEnd = withdrawnEnd < 0 ? -1 : fieldEnd(octets, withdrawnEnd, end)
    if (attributesEnd < 0 || end > octets.length) {
      result.errors.push(malformedLengths)
      return this.finish()
    }
    this.attributesStart = withdrawnEnd + 2
    this.attributesEnd = attributesEnd
    this.scan.run(octets, this.attributesStart, attributesEnd)
    this.hasPlainReach = attributesEnd < end && this.isNegotiated(Family.inet)
    this.hasReach = attributesEnd < end
    this.hasReachRun = false

    this.decodeWithdrawn(octets, start + 2, withdrawnEnd)
    if (this.scan.unreachStart >= 0) this.decodeUnreach(octets)
    if (this.scan.reachStart >= 0) this.decodeReach(octets)
    if (attributesEnd < end) this.decodePlain(octets, attributesEnd, end)
    if (!this.hasReachRun) this.checkAttributesAlone(octets)
    if (end - start === 4) result.endOfRib = this.isNegotiated(Family.inet) ? Family.inet : undefined
    return this.finish()
  }

  private decodeWithdrawn(octets: Uint8Array, start: number, end: number): void {
    if (start === end) return
    if (!this.isNegotiated(Family.inet)) {
      this.result.errors.push(notNegotiated('withdrawn routes of inet', undefined))
      return
    }
    const run = this.openRun(Family.inet, false)
    if (!this.rows[Family.inet]!.decode(octets, start, end, run)) {
      this.result.errors.push(invalidNetwork('withdrawn routes'))
    }
  }

  private decodePlain(octets: Uint8Array, start: number, end: number): void {
    if (!this.isNegotiated(Family.inet)) {
      this.result.errors.push(notNegotiated('NLRI of inet', undefined))
      return
    }
    const run = this.openRun(Family.inet, true)
    this.nextHop.kind = PLAIN_KIND
    this.nextHop.start = start
    this.nextHop.end = start
    run.attrs = this.attributesFor(octets)
    if (!this.rows[Family.inet]!.decode(octets, start, end, run)) {
      this.result.errors.push(invalidNetwork('NLRI'))
    }
  }

  private decodeUnreach(octets: Uint8Array): void {
    const { scan, envelope, result } = this
    if (!envelope.readUnreach(octets, scan.unreachStart, scan.unreachEnd)) {
      this.rejectMp(octets, AttrType.mpUnreach, 'RFC 7606 §7.12', 'too short')
      return
    }
    const family = this.usableFamily(AttrType.mpUnreach)
    if (family === undefined) return
    if (envelope.nlriStart === envelope.nlriEnd) {
      // RFC 4724 §2: nothing but the attribute. The field sends this form for inet too.
      const isAlone = scan.reachStart < 0 && scan.otherLength === 0
      if (isAlone && !this.hasReach && result.runCount === 0) result.endOfRib = family
      return
    }
    const run = this.openRun(family, false)
    const { nlriStart, nlriEnd } = envelope
    if (!this.rows[family]!.decode(octets, nlriStart, nlriEnd, run)) {
      this.rejectMp(octets, AttrType.mpUnreach, 'RFC 7606 §5.3', `NLRI of ${familyName(family)}`)
    }
  }

  private decodeReach(octets: Uint8Array): void {
    const { scan, envelope } = this
    if (!envelope.readReach(octets, scan.reachStart, scan.reachEnd)) {
      this.rejectMp(octets, AttrType.mpReach, 'RFC 7606 §7.11', 'too short')
      return
    }
    const { nlriStart, nlriEnd, nextHopStart, nextHopEnd } = envelope
    if (nlriStart < nlriEnd) this.hasReach = true
    const family = this.usableFamily(AttrType.mpReach)
    if (family === undefined) return
    if (!isNextHopLength(family, nextHopEnd - nextHopStart, this.options.extendedNextHop === true)) {
      // RFC 7606 §7.11: with an unexpected length the NLRI cannot be located for sure.
      const detail = `next hop of ${nextHopEnd - nextHopStart} octets`
      this.rejectMp(octets, AttrType.mpReach, 'RFC 7606 §7.11', detail)
      return
    }
    if (nlriStart === nlriEnd) return
    const run = this.openRun(family, true)
    this.nextHop.kind = family + 1
    this.nextHop.start = nextHopStart
    this.nextHop.end = nextHopEnd
    run.attrs = this.attributesFor(octets)
    if (!this.rows[family]!.decode(octets, nlriStart, nlriEnd, run)) {
      this.rejectMp(octets, AttrType.mpReach, 'RFC 7606 §5.3', `NLRI of ${familyName(family)}`)
    }
  }

  /** RFC 4760 §7 and RFC 7606 §7.11 leave the choice between disabling the family and a reset: heddle resets. */
  private rejectMp(octets: Uint8Array, type: number, clause: string, detail: string): void {
    const { reachHead, reachEnd, unreachHead, unreachEnd } = this.scan
    const isReach = type === AttrType.mpReach
    const whole = octets.subarray(isReach ? reachHead : unreachHead, isReach ? reachEnd : unreachEnd)
    this.result.errors.push(
      updateError(
        'malformed-mp-attribute',
        Severity.reset,
        UpdateError.optionalAttribute,
        clause,
        `attribute ${type}: ${detail}`,
        // RFC 4271 §6.3: the data is the attribute, whole.
        { type, octets: whole },
      ),
    )
  }

  /** The envelope's family when its routes can be used; else the attribute is left out and counted (RFC 4760 §7). */
  private usableFamily(attributeType: number): Family | undefined {
    const { family, afi, safi } = this.envelope
    if (family !== undefined && this.isNegotiated(family)) return family
    this.result.errors.push(notNegotiated(`AFI ${afi} SAFI ${safi}`, attributeType))
    return undefined
  }

  private isNegotiated(family: Family): boolean {
    return this.rows[family] !== undefined
  }

  private openRun(family: Family, reach: boolean): NlriRun {
    const run = this.runs[this.result.runCount++]
    run.start(family, reach)
    if (reach) this.hasReachRun = true
    return run
  }

  /** The attribute set for the next hop in `this.nextHop`; undefined when the routes are to be withdrawn. */
  private attributesFor(octets: Uint8Array): AttrSet | undefined {
    const { scan, memo, nextHop, result } = this
    if (scan.isClean) {
      const known = memo.find(scan, nextHop)
      if (known !== undefined) return known
    }
    const draft = this.thoroughly(octets)
    if ((worstError(result.errors)?.severity ?? 0) >= Severity.treatAsWithdraw) return undefined
    const isPlain = nextHop.kind === PLAIN_KIND
    const address = isPlain
      ? draft.nextHop
      : decodeNextHop((nextHop.kind - 1) as Family, octets, nextHop.start, nextHop.end)
    if (address === undefined) return undefined
    const set = this.options.intern(attributesOf(draft, address))
    if (scan.isClean && result.errors.length === 0) memo.store(octets, scan, nextHop, set)
    return set
  }

  private thoroughly(octets: Uint8Array): AttributeDraft {
    if (this.draft !== undefined) return this.draft
    const { errors } = this.result
    const draft = decodeAttributes(octets, this.attributesStart, this.attributesEnd, this.options, {
      hasPlainReach: this.hasPlainReach,
      errors,
    })
    this.draft = draft
    const before = worstError(errors)?.severity ?? 0
    // A malformed attribute is missing in the draft: one report is enough.
    if (this.hasReachRun && before < Severity.treatAsWithdraw) this.checkMandatory(draft)
    return draft
  }

  /** RFC 7606 §3.d. LOCAL_PREF is one of them between internal peers (RFC 4271 §5.1.5). */
  private checkMandatory(draft: AttributeDraft): void {
    if (draft.origin === undefined) this.missing(AttrType.origin)
    if (draft.asPath === undefined) this.missing(AttrType.asPath)
    if (draft.nextHop === undefined && this.hasPlainReach) this.missing(AttrType.nextHop)
    if (draft.localPref === undefined && this.options.isIbgp) this.missing(AttrType.localPref)
  }

  private missing(type: number): void {
    this.result.errors.push(
      updateError(
        'missing-well-known',
        Severity.treatAsWithdraw,
        UpdateError.missingWellKnown,
        'RFC 7606 §3.d',
        `${attributeName(type)} is missing`,
        { type, octets: Uint8Array.of(type) },
      ),
    )
  }

  /** An UPDATE without routes to announce: its attributes mean nothing, but errors in them do (RFC 7606 §5.2). */
  private checkAttributesAlone(octets: Uint8Array): void {
    if (this.scan.isClean && this.scan.otherLength === 0) return
    this.thoroughly(octets)
    if (this.hasReach || this.isUnreachAlone()) return
    const worst = worstError(this.result.errors)
    if (worst === undefined || worst.severity === Severity.discard || worst.severity === Severity.reset)
      return
    // What would have been withdrawn cannot be found, so the attribute in error may have hidden it.
    this.result.errors.push({ ...worst, severity: Severity.reset, clause: 'RFC 7606 §5.2' })
  }

  /** RFC 7606 §5.2 is about attributes other than MP_UNREACH_NLRI; alone it has named all routes there are. */
  private isUnreachAlone(): boolean {
    const { unreachHead, unreachStart, unreachEnd } = this.scan
    return unreachStart >= 0 && unreachHead === this.attributesStart && unreachEnd === this.attributesEnd
  }

  private finish(): DecodedUpdate {
    const result = this.result
    for (let i = 0; i < result.runCount; i++)
      if (this.runs[i].ignored > 0) result.errors.push(multicastPrefix)
    if (result.errors.length === 0) return result
    result.severity = worstError(result.errors)!.severity
    if (result.severity === Severity.discard) return result
    result.endOfRib = undefined
    if (result.severity === Severity.reset) result.runCount = 0
    for (let i = 0; i < result.runCount; i++) this.runs[i].attrs = undefined
    return result
  }
}

/** End of the field whose 2-octet length stands at `at`; -1 when it does not lie within `end`. */
function fieldEnd(octets: Uint8Array, at: number, end: number): number {
  if (end - at < 2) return -1
  const fieldEndsAt = at + 2 + ((octets[at] << 8) | octets[at + 1])
  return fieldEndsAt <= end ? fieldEndsAt : -1
}

const malformedLengths = updateError(
  'malformed-lengths',
  Severity.reset,
  UpdateError.malformedAttributeList,
  'RFC 4271 §6.3',
  'withdrawn routes or path attributes run over the end of the message',
)

/** RFC 7606 §5.3: routes that cannot be told apart cannot be withdrawn either. `disableFamily` is mapped to reset. */
function invalidNetwork(field: string): WireError {
  return updateError(
    'invalid-network',
    Severity.reset,
    UpdateError.invalidNetwork,
    'RFC 7606 §5.3',
    `${field} cannot be parsed`,
  )
}

const multicastPrefix = updateError(
  'multicast-prefix',
  Severity.discard,
  UpdateError.invalidNetwork,
  'RFC 4271 §6.3',
  'a multicast prefix among unicast routes is ignored',
)

function notNegotiated(what: string, type: number | undefined): WireError {
  return updateError(
    'family-not-negotiated',
    Severity.discard,
    UpdateError.optionalAttribute,
    'RFC 4760 §7',
    `${what} was not negotiated`,
    type === undefined ? undefined : { type },
  )
}
