/** UPDATEs of scripted peers, as the hex of their bodies. */

const NEXT_HOP = '40 03 04 0a090909'

function body(attributes: string, nlri: string): string {
  const length = attributes.replace(/\s+/g, '').length / 2
  return `0000 ${length.toString(16).padStart(4, '0')} ${attributes} ${nlri}`
}

/** Announces the IPv4 routes hostPrefix(from) and following over iBGP; `med` tells one announcement from another. */
export function announcement(from: number, count: number, med = 0): string {
  let nlri = ''
  for (let n = from; n < from + count; n++) nlri += `20 0a ${n.toString(16).padStart(6, '0')}`
  const value = med.toString(16).padStart(8, '0')
  return body(`40 01 01 00 40 02 00 ${NEXT_HOP} 80 04 04 ${value} 40 05 04 00000064`, nlri)
}
