/**
 * Rows of path attributes that are checked, kept as octets among those that heddle does not interpret, and passed on as
 * they came (Partial bit included); what they say is read by those who ask.
 *
 *   23  Tunnel Encapsulation    RFC 9012
 *   35  Only to Customer        RFC 9234 §5: an AS number
 */
import { copyOf } from '../../rib/model/ip-address.ts'
import { tunnelsFault } from '../../rib/model/tunnel-encapsulation.ts'
import type { AttributeDraft } from './attribute-draft.ts'
import type { AttributeProblem, AttributeRow, AttributeValue } from './attribute-rows.ts'
import { AttrFlag, AttrType, UpdateError } from './iana.ts'
import { Severity } from './wire-error.ts'

const KEPT_FLAGS = AttrFlag.optional | AttrFlag.transitive | AttrFlag.partial

function keep({ octets, start, end, flags }: AttributeValue, draft: AttributeDraft, type: number): undefined {
  draft.unknown.push({ flags: flags & KEPT_FLAGS, type, value: copyOf(octets, start, end) })
}

function readTunnels(value: AttributeValue, draft: AttributeDraft): AttributeProblem | undefined {
  const { octets, start, end } = value
  const subcode = UpdateError.optionalAttribute
  // RFC 9012 §13: without a valid tunnel it is discarded; what cannot be parsed costs the routes.
  if (start === end) return { subcode, detail: 'no tunnel', isHarmless: true }
  const fault = tunnelsFault(octets, start, end)
  if (fault !== undefined) return { subcode, detail: fault }
  return keep(value, draft, AttrType.tunnelEncapsulation)
}

function readOnlyToCustomer(value: AttributeValue, draft: AttributeDraft): AttributeProblem | undefined {
  const length = value.end - value.start
  if (length !== 4) return { subcode: UpdateError.attributeLength, detail: `length ${length}` }
  return keep(value, draft, AttrType.onlyToCustomer)
}

export const opaqueRows: readonly AttributeRow[] = [
  {
    type: AttrType.tunnelEncapsulation,
    name: 'TUNNEL_ENCAPSULATION',
    flags: AttrFlag.optional | AttrFlag.transitive,
    severity: Severity.treatAsWithdraw,
    // RFC 9012 §13: "it does not have the transitive bit set" is attribute discard.
    flagsSeverity: Severity.discard,
    clause: 'RFC 9012 §13',
    read: readTunnels,
  },
  {
    type: AttrType.onlyToCustomer,
    name: 'ONLY_TO_CUSTOMER',
    flags: AttrFlag.optional | AttrFlag.transitive,
    severity: Severity.treatAsWithdraw,
    clause: 'RFC 9234 §5',
    read: readOnlyToCustomer,
  },
]
