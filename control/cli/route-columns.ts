/**
 * Routes as lines for people: a line for each path, with the markers that operators know.
 *
 *   *   can be used      >  the best      =  as good as the best (agents get all of them)      S  stale
 */
import type { PathView, RouteView } from '../views/route-view.ts'
import type { Cell, Column } from './table-writer.ts'

export const routeColumns: readonly Column[] = [
  { title: '' },
  { title: 'Network' },
  { title: 'Next hop' },
  { title: 'Label', align: 'right' },
  { title: 'LocPref', align: 'right' },
  { title: 'MED', align: 'right' },
  { title: 'AS path' },
  { title: 'From' },
  { title: 'Encap' },
  { title: 'Targets, origin and remarks' },
]

export function pathCells(route: RouteView, path: PathView, isFirst: boolean): Cell[] {
  return [
    path.best ? { text: markers(path), style: 'green' } : markers(path),
    isFirst ? route.key : '',
    path.nextHopNode === undefined ? path.nextHop : `${path.nextHop} (${path.nextHopNode})`,
    path.label === undefined ? '' : String(path.label),
    path.localPref === undefined ? '' : String(path.localPref),
    path.med === undefined ? '' : String(path.med),
    path.asPath,
    path.source.name,
    path.encapsulations.join('+'),
    remarks(path),
  ]
}

export function markers(path: PathView): string {
  const isUsable = path.infeasible === undefined
  const rank = path.best ? '>' : path.ecmp ? '=' : ' '
  return `${isUsable ? '*' : ' '}${rank}${path.flags.includes('stale') || path.flags.includes('llgr-stale') ? 'S' : ''}`
}

function remarks(path: PathView): string {
  const parts = path.routeTargets.map((target) => target.replace(/^target:/, ''))
  if (path.communities.length > 0) parts.push(`communities ${path.communities.join(',')}`)
  if (path.primaryTable !== undefined) parts.push(`from ${path.primaryTable}`)
  if (path.infeasible !== undefined) parts.push(`(${path.infeasible})`)
  else if (path.reason !== undefined && !path.ecmp) parts.push(`(${path.reason})`)
  return parts.join(' ')
}

export const MARKER_LEGEND = '* usable, > best, = equal cost, S stale'
