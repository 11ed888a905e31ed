/**
 * What ExaBGP tells its helper, folded into the table that ExaBGP itself does not keep:
 *
 *   { type: "update", neighbor: { message: { update: { attribute, announce: { family: { nextHop: [ nlri ] } },
 *                                                                 withdraw: { family: [ nlri ] } } } } }
 *   { type: "state", neighbor: { state: "up" | "down" } }, refresh, notification, and "done" or "error" for a command
 */
import { normalAddress, sorted } from './gateway.ts'
import type { VpnRoute } from './gateway.ts'

interface JsonNlri {
  readonly nlri: string
  readonly rd?: string
  readonly label?: readonly (readonly number[])[]
}
interface JsonAttributes {
  readonly 'as-path'?: readonly (number | readonly number[])[]
  readonly 'local-preference'?: number
  readonly med?: number
  readonly community?: readonly (readonly number[])[]
  readonly 'extended-community'?: readonly { readonly string: string }[]
}
interface JsonMessage {
  readonly eor?: { readonly afi: string; readonly safi: string }
  readonly update?: {
    readonly attribute?: JsonAttributes
    readonly announce?: Record<string, Record<string, readonly JsonNlri[]>>
    readonly withdraw?: Record<string, readonly JsonNlri[]>
  }
}
interface JsonReport {
  readonly type: string
  readonly neighbor?: {
    readonly state?: string
    readonly direction?: string
    readonly message?: JsonMessage
    readonly open?: { readonly asn: number; readonly capabilities: object }
    readonly 'route-refresh'?: { readonly afi: string; readonly safi: string; readonly subtype: string }
  }
}

/** ExaBGP's names of the tunnel types of RFC 9012. */
const tunnelTypes: Readonly<Record<string, number>> = {
  'encap:GRE': 2,
  'encap:VXLAN': 8,
  'encap:MPLS-in-UDP': 13,
}

export class ExaBgpReports {
  isUp = false
  /** Commands answered, and of those the ones that it did not take. */
  answers = 0
  refused = 0
  /** Families of End-of-RIBs, `afi safi subtype` of ROUTE-REFRESHes. */
  readonly endOfRibs: string[] = []
  readonly refreshes: string[] = []
  readonly notifications: string[] = []
  /** What the neighbour's OPENs said. */
  readonly opens: NonNullable<NonNullable<JsonReport['neighbor']>['open']>[] = []
  /** Number of UPDATEs that withdrew something. */
  withdrawals = 0
  readonly #tables = new Map<string, Map<string, VpnRoute>>()
  #taken = 0

  /** Takes what is new in the whole text so far. */
  read(text: string): void {
    const end = text.lastIndexOf('\n') + 1
    for (const line of text.slice(this.#taken, end).split('\n')) this.#line(line.trim())
    this.#taken = Math.max(end, this.#taken)
  }

  /** The routes of a family in ExaBGP's words. */
  routes(family: string): VpnRoute[] {
    return [...(this.#tables.get(family)?.values() ?? [])]
  }

  #line(line: string): void {
    if (line === 'done' || line === 'error') {
      this.answers++
      if (line === 'error') this.refused++
    } else if (line.startsWith('{')) {
      // It quotes the words of a ROUTE-REFRESH twice.
      const json = line.includes('"route-refresh": {') ? line.replaceAll(/""([^",}]+)""/g, '"$1"') : line
      this.#report(JSON.parse(json) as JsonReport, line)
    }
  }

  #report({ type, neighbor }: JsonReport, line: string): void {
    if (type === 'state') {
      this.isUp = neighbor!.state === 'up'
      if (!this.isUp) this.#tables.clear()
    } else if (type === 'update') this.#update(neighbor!.message!)
    else if (type === 'notification') this.notifications.push(line)
    else if (type === 'open' && neighbor!.direction === 'receive') this.opens.push(neighbor!.open!)
    else if (type === 'refresh') {
      const { afi, safi, subtype } = neighbor!['route-refresh']!
      this.refreshes.push(`${afi} ${safi} ${subtype}`)
    }
  }

  #update({ eor, update }: JsonMessage): void {
    if (eor) this.endOfRibs.push(`${eor.afi} ${eor.safi}`)
    if (update?.withdraw) this.withdrawals++
    for (const [family, rows] of Object.entries(update?.withdraw ?? {})) {
      for (const row of rows) this.#tables.get(family)?.delete(keyOf(row))
    }
    for (const [family, byNextHop] of Object.entries(update?.announce ?? {})) {
      const table = this.#tables.get(family) ?? new Map<string, VpnRoute>()
      this.#tables.set(family, table)
      for (const [nextHop, rows] of Object.entries(byNextHop)) {
        for (const row of rows) table.set(keyOf(row), routeOf(row, nextHop, update!.attribute ?? {}))
      }
    }
  }
}

function keyOf({ nlri, rd }: JsonNlri): string {
  return `${rd ?? ''} ${nlri}`
}

function routeOf(row: JsonNlri, nextHop: string, attributes: JsonAttributes): VpnRoute {
  const extended = (attributes['extended-community'] ?? []).map(({ string }) => string)
  return {
    rd: row.rd ?? '',
    prefix: row.nlri,
    label: row.label?.[0]?.[0] ?? -1,
    nextHop: normalAddress(nextHop),
    routeTargets: sorted(
      extended.filter((text) => text.startsWith('target:')).map((text) => text.slice('target:'.length)),
    ),
    tunnelTypes: extended.flatMap((text) => tunnelTypes[text] ?? []).toSorted((a, b) => a - b),
    localPref: attributes['local-preference'],
    med: attributes.med,
    asPath: (attributes['as-path'] ?? []).flat().join(' '),
    communities: sorted((attributes.community ?? []).map((pair) => pair.join(':'))),
  }
}
