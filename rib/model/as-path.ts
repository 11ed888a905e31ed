/**
 * AS_PATH (RFC 4271 §4.3 b, 4-octet numbers of RFC 6793 throughout): the value that decision and loop test need.
 */
export const SegmentType = { set: 1, sequence: 2, confedSequence: 3, confedSet: 4 } as const
export type SegmentType = (typeof SegmentType)[keyof typeof SegmentType]

/** Reserved AS number that stands for a 4-octet one towards a 2-octet speaker (RFC 6793). */
export const AS_TRANS = 23456

export interface AsPathSegment {
  readonly type: SegmentType
  readonly asns: readonly number[]
}

export type AsPath = readonly AsPathSegment[]

export const emptyAsPath: AsPath = []

/** Numbers for private use (RFC 6996 §5). */
export function isPrivateAs(asn: number): boolean {
  return (asn >= 64_512 && asn <= 65_534) || (asn >= 4_200_000_000 && asn <= 4_294_967_294)
}

/** Length in the decision process: a set counts one, confederation segments nothing (RFC 4271 §9.1.2.2 a, RFC 5065 §5.3). */
export function asPathLength(path: AsPath): number {
  let length = 0
  for (const segment of path) {
    if (segment.type === SegmentType.sequence) length += segment.asns.length
    else if (segment.type === SegmentType.set) length += 1
  }
  return length
}

/** The neighbouring AS for the MED comparison: first AS of a leading sequence, else 0 (RFC 4271 §9.1.2.2 c). */
export function neighborAs(path: AsPath): number {
  for (const segment of path) {
    if (segment.type === SegmentType.sequence) return segment.asns[0] ?? 0
    if (segment.type === SegmentType.set) return 0
  }
  return 0
}

/** Prepends one AS number (RFC 4271 §5.1.2 b): into the leading sequence, or a new one when it is full or missing. */
export function prependAs(path: AsPath, asn: number): AsPath {
  const first = path[0]
  if (first?.type === SegmentType.sequence && first.asns.length < 255) {
    return [{ type: SegmentType.sequence, asns: [asn, ...first.asns] }, ...path.slice(1)]
  }
  return [{ type: SegmentType.sequence, asns: [asn] }, ...path]
}

export function formatAsPath(path: AsPath): string {
  return path
    .map((segment) => {
      const asns = segment.asns.join(
        segment.type === SegmentType.set || segment.type === SegmentType.confedSet ? ',' : ' ',
      )
      switch (segment.type) {
        case SegmentType.sequence:
          return asns
        case SegmentType.set:
          return `{${asns}}`
        case SegmentType.confedSequence:
          return `(${asns})`
        case SegmentType.confedSet:
          return `[${asns}]`
      }
    })
    .join(' ')
}
