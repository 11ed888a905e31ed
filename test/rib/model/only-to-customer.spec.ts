import { expect } from 'chai'
import type { Attributes } from '../../../rib/model/attr-set.ts'
import { Family, families } from '../../../rib/model/family.ts'
import {
  hasRoles,
  isLeak,
  offeredInRole,
  ONLY_TO_CUSTOMER,
  onlyToCustomerOf,
  receivedInRole,
  staysHere,
} from '../../../rib/model/only-to-customer.ts'
import type { Role } from '../../../rib/model/only-to-customer.ts'
import { attributes } from '../scene.ts'

const PEER_AS = 4_200_000_001
const LOCAL_AS = 64512
const OTHER_AS = 65099

/** A route with the attribute naming an AS, or without it. */
function route(asn?: number): Attributes {
  if (asn === undefined) return attributes()
  const value = Uint8Array.of(asn >>> 24, asn >>> 16, asn >>> 8, asn)
  return { ...attributes(), unknown: [{ flags: 0xe0, type: ONLY_TO_CUSTOMER, value }] }
}

describe('Only to Customer (RFC 9234 §5)', () => {
  // Our role; of a route that has the attribute: leak when it names another AS, leak when it names the peer's, stays here;
  // of a route that has none: what it gets on the way in, and on the way out.
  const rows: [Role, boolean, boolean, boolean, number | undefined, number | undefined][] = [
    ['provider', true, true, false, undefined, LOCAL_AS],
    ['rs', true, true, false, undefined, LOCAL_AS],
    ['peer', true, false, true, PEER_AS, LOCAL_AS],
    ['customer', false, false, true, PEER_AS, undefined],
    ['rs-client', false, false, true, PEER_AS, undefined],
  ]
  for (const [role, leaksOther, leaksPeers, stays, onReceipt, onOffer] of rows) {
    it(`as ${role}: leaks, what stays here, and what is added`, () => {
      expect(isLeak(route(OTHER_AS), role, PEER_AS)).to.equal(leaksOther)
      expect(isLeak(route(PEER_AS), role, PEER_AS)).to.equal(leaksPeers)
      expect(isLeak(route(), role, PEER_AS)).to.equal(false)
      expect(staysHere(route(OTHER_AS), role)).to.equal(stays)
      expect(staysHere(route(), role)).to.equal(false)
      expect(onlyToCustomerOf(receivedInRole(route(), role, PEER_AS))).to.equal(onReceipt)
      expect(onlyToCustomerOf(offeredInRole(route(), role, LOCAL_AS))).to.equal(onOffer)
    })

    it(`as ${role}: the attribute that is there is not changed`, () => {
      const attrs = route(OTHER_AS)
      expect(receivedInRole(attrs, role, PEER_AS)).to.equal(attrs)
      expect(offeredInRole(attrs, role, LOCAL_AS)).to.equal(attrs)
    })
  }

  it('is for unicast of IPv4 and IPv6 alone', () => {
    expect(families.filter(hasRoles)).to.deep.equal([Family.inet, Family.inet6])
  })
})
