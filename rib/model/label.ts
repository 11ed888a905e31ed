/**
 * MPLS labels as plain numbers. On the wire of a VPN NLRI a label is 20 bits, then 3 bits EXP and the bottom-of-stack
 * bit (RFC 8277 §2), whatever encapsulations the route offers.
 */
export const MAX_LABEL = 0xfffff

/** RFC 3032 §2.1: 0 to 15 have special meaning and are never allocated. */
export const FIRST_UNRESERVED_LABEL = 16

/** Label field of a withdrawn NLRI (RFC 8277 §2.4): sent, never looked at when received. */
export const WITHDRAWN_LABEL_FIELD = 0x800000

/** The three-octet field of one label at the bottom of the stack. */
export function labelField(label: number): number {
  return (label << 4) | 1
}

export function labelOfField(field: number): number {
  return field >>> 4
}
