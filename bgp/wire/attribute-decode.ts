/**
 * The path attributes of one UPDATE, one by one, with every check of RFC 7606 §3 to §5 and §7:
 *
 *   | flags (1) | type (1) | length (1, or 2 with the Extended Length bit) | value |
 *
 * This is the thorough way, taken for octets that attribute-memo.ts has not seen before.
 */
import { copyOf } from '../../rib/model/ip-address.ts'
import { AttrFlag, AttrType, UpdateError } from './iana.ts'
import { emptyDraft } from './attribute-draft.ts'
import type { AttributeDraft } from './attribute-draft.ts'
import { attributeRow } from './attribute-rows.ts'
import type { AttributeContext, AttributeRow, AttributeValue } from './attribute-rows.ts'
import { Severity, updateError } from './wire-error.ts'
import type { WireError } from './wire-error.ts'

/** One attribute's place in the UPDATE. */
interface Tlv extends AttributeValue {
  /** Where its flags stand. */
  head: number
  type: number
}

/** How often each type occurred: not yet, once, repeatedly. Used again by each decoding. */
const seen = new Uint8Array(256)

const CATEGORY_FLAGS = AttrFlag.optional | AttrFlag.transitive
const KEPT_FLAGS = AttrFlag.optional | AttrFlag.transitive | AttrFlag.partial

/**
 * Decodes [start, end) of an UPDATE with or without plain NLRI and appends what is wrong to `errors`. MP attributes are checked for
 * flags and number only.
 */
export function decodeAttributes(
  octets: Uint8Array,
  start: number,
  end: number,
  context: AttributeContext,
  scope: { readonly hasPlainReach: boolean; readonly errors: WireError[] },
): AttributeDraft {
  const { errors, hasPlainReach } = scope
  const draft = emptyDraft(hasPlainReach)
  seen.fill(0)
  const tlv: Tlv = { octets, start, end: start, head: start, flags: 0, type: 0 }
  while (tlv.end < end) {
    const overrun = nextTlv(tlv, end)
    if (overrun !== undefined) {
      errors.push(overrun)
      break
    }
    if (seen[tlv.type] > 0) {
      // Reported once: a message has room for thousands.
      if (seen[tlv.type] === 1) noteDuplicate(tlv, errors)
      seen[tlv.type] = 2
      continue
    }
    seen[tlv.type] = 1
    const row = attributeRow(tlv.type)
    if (row === undefined) takeUnknown(tlv, draft, errors)
    else takeKnown(tlv, row, draft, { context, errors })
  }
  return draft
}

/** Moves to the attribute that follows the current one; an error when it does not lie within `end`. */
function nextTlv(tlv: Tlv, end: number): WireError | undefined {
  const head = tlv.end
  const octets = tlv.octets
  if (end - head < 3) return overrunError(undefined, 'attribute header runs over the end')
  tlv.head = head
  tlv.flags = octets[head]
  tlv.type = octets[head + 1]
  const isLong = (tlv.flags & AttrFlag.extendedLength) !== 0
  if (isLong && end - head < 4) return overrunError(tlv.type, 'attribute header runs over the end')
  tlv.start = head + (isLong ? 4 : 3)
  tlv.end = tlv.start + (isLong ? (octets[head + 2] << 8) | octets[head + 3] : octets[head + 2])
  if (tlv.end > end) return overrunError(tlv.type, 'attribute runs over the end')
  return undefined
}

/** RFC 7606 §4: treat-as-withdraw, except where the attribute cut off is the one that holds the routes. */
function overrunError(type: number | undefined, detail: string): WireError {
  const holdsRoutes = type === AttrType.mpReach || type === AttrType.mpUnreach
  return updateError(
    'attribute-list-overrun',
    holdsRoutes ? Severity.reset : Severity.treatAsWithdraw,
    UpdateError.malformedAttributeList,
    holdsRoutes ? 'RFC 7606 §5.3' : 'RFC 7606 §4',
    detail,
    type === undefined ? undefined : { type },
  )
}

/** RFC 7606 §3 g: the first of its kind counts; two MP_REACH_NLRI or MP_UNREACH_NLRI end the session. */
function noteDuplicate(tlv: Tlv, errors: WireError[]): void {
  const holdsRoutes = tlv.type === AttrType.mpReach || tlv.type === AttrType.mpUnreach
  errors.push(
    updateError(
      'duplicate-attribute',
      holdsRoutes ? Severity.reset : Severity.discard,
      UpdateError.malformedAttributeList,
      'RFC 7606 §3.g',
      `attribute ${tlv.type} occurs twice`,
      { type: tlv.type },
    ),
  )
}

function takeKnown(
  tlv: Tlv,
  row: AttributeRow,
  draft: AttributeDraft,
  scope: { context: AttributeContext; errors: WireError[] },
): void {
  const { context, errors } = scope
  if (row.isUnwanted?.(context) === true) {
    errors.push(
      updateError(
        'unwanted-attribute',
        Severity.discard,
        UpdateError.optionalAttribute,
        row.clause,
        `${row.name} from this kind of peer`,
        { type: tlv.type },
      ),
    )
    return
  }
  if ((tlv.flags & CATEGORY_FLAGS) !== row.flags) {
    errors.push(
      updateError(
        'attribute-flags',
        row.flagsSeverity ?? Severity.treatAsWithdraw,
        UpdateError.attributeFlags,
        row.flagsSeverity === undefined ? 'RFC 7606 §3.c' : row.clause,
        `${row.name} with flags 0x${tlv.flags.toString(16)}`,
        wholeAttribute(tlv),
      ),
    )
    return
  }
  const problem = row.read(tlv, draft, context)
  if (problem === undefined) return
  errors.push(
    updateError(
      malformedCode(problem.subcode),
      problem.isHarmless === true ? Severity.discard : row.severity,
      problem.subcode,
      problem.clause ?? row.clause,
      `${row.name}: ${problem.detail}`,
      wholeAttribute(tlv),
    ),
  )
}

function malformedCode(subcode: number): string {
  switch (subcode) {
    case UpdateError.attributeLength:
      return 'attribute-length'
    case UpdateError.invalidOrigin:
      return 'invalid-origin'
    case UpdateError.invalidNextHop:
      return 'invalid-next-hop'
    case UpdateError.malformedAsPath:
      return 'malformed-as-path'
    default:
      return 'malformed-attribute'
  }
}

function takeUnknown(tlv: Tlv, draft: AttributeDraft, errors: WireError[]): void {
  if ((tlv.flags & AttrFlag.optional) === 0) {
    // RFC 4271 §6.3; RFC 7606 leaves this one as it was.
    errors.push(
      updateError(
        'unrecognized-well-known',
        Severity.reset,
        UpdateError.unrecognizedWellKnown,
        'RFC 4271 §6.3',
        `well-known attribute ${tlv.type}`,
        wholeAttribute(tlv),
      ),
    )
    return
  }
  // RFC 4271 §5: non-transitive ones are quietly ignored, transitive ones go on with the Partial bit set.
  if ((tlv.flags & AttrFlag.transitive) === 0) return
  draft.unknown.push({
    flags: (tlv.flags & KEPT_FLAGS) | AttrFlag.partial,
    type: tlv.type,
    value: copyOf(tlv.octets, tlv.start, tlv.end),
  })
}

function wholeAttribute(tlv: Tlv): { type: number; octets: Uint8Array } {
  return { type: tlv.type, octets: tlv.octets.subarray(tlv.head, tlv.end) }
}
