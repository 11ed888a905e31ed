/**
 * What the label field of a route's VPN NLRI holds: a VNI where the set names VXLAN (RFC 9012 §4.1) and no encapsulation
 * that carries MPLS, else an MPLS label.
 */
import type { Attributes } from '../../rib/model/attr-set.ts'
import { LabelForm } from './nlri-cursor.ts'

const ENCAPSULATION = 0x030c
const VXLAN = 8
/** GRE, MPLS, MPLS-in-GRE, MPLS-in-UDP. */
const mplsTunnels: ReadonlySet<number> = new Set([2, 10, 11, 13])

// hot: once per run, without allocation.
export function labelFormOf(attributes: Attributes): LabelForm {
  const list = attributes.extCommunities
  let form: LabelForm = LabelForm.mpls
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] >>> 16 !== ENCAPSULATION) continue
    const type = list[i + 1] & 0xffff
    if (mplsTunnels.has(type)) return LabelForm.mpls
    if (type === VXLAN) form = LabelForm.vni
  }
  return form
}
