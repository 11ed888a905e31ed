/**
 * What a reload did, in the words of who asked for it (pure):
 *
 *   Configuration reloaded: 1 VRF added, 2 floating IPs changed.
 *   Waits for a restart: spec.routerID
 *   Not given: p/web-public (pool p/pool has no free address)
 */
import type { ApplyReport, NamedDifference } from '../apply-report.ts'

/** A line each, what needs attention after what was done. */
export function reloadLines({ instances, peers, floatingIps, ...rest }: ApplyReport): string[] {
  const done = [
    ...counted(instances, 'VRF'),
    ...counted(peers, 'peer'),
    ...counted(floatingIps, 'floating IP'),
    ...(rest.localPaths.announced > 0 ? [`${amount(rest.localPaths.announced, 'path')} announced`] : []),
    ...(rest.localPaths.withdrawn > 0 ? [`${amount(rest.localPaths.withdrawn, 'path')} withdrawn`] : []),
  ]
  return [
    `Configuration reloaded: ${done.length === 0 ? 'nothing has changed' : done.join(', ')}.`,
    ...(rest.needsRestart.length > 0 ? [`Waits for a restart: ${rest.needsRestart.join(', ')}`] : []),
    ...rest.refused.map(({ name, message }) => `Not given: ${name} (${message})`),
  ]
}

function counted(difference: NamedDifference, noun: string): string[] {
  return (['added', 'changed', 'removed'] as const)
    .filter((kind) => difference[kind].length > 0)
    .map((kind) => `${amount(difference[kind].length, noun)} ${kind}`)
}

function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
