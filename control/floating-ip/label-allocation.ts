/**
 * Labels of ports in static mode (pure): one label per port, from the range of its compute node, kept for as long as the
 * port stays on that node. The port's own routes and its floating IPs carry the same label, as those of an agent do.
 */
import type { DesiredNode, DesiredPort } from '../config/desired.ts'
import { firstFree } from '../config/free-number.ts'

export interface NodeLabels {
  /** Port key → label. */
  readonly byPort: ReadonlyMap<string, number>
  /** The label tried first for the next new port. */
  readonly next: number
}

/** Node name → labels given out there. */
export type Labels = ReadonlyMap<string, NodeLabels>

export interface LabelResult {
  readonly labels: Labels
  /** Keys of ports for which their node's range has no label left. */
  readonly refused: ReadonlySet<string>
}

export function allocateLabels(
  nodes: readonly DesiredNode[],
  ports: readonly DesiredPort[],
  existing: Labels,
): LabelResult {
  const labels = new Map<string, NodeLabels>()
  const refused = new Set<string>()
  const portsOf = new Map<string, string[]>(nodes.map((node) => [node.name, []]))
  for (const port of ports) if (port.node !== undefined) portsOf.get(port.node)?.push(port.key)
  for (const node of nodes) {
    const here = portsOf.get(node.name)!.sort()
    labels.set(node.name, labelsOfNode(node, here, existing.get(node.name), refused))
  }
  return { labels, refused }
}

function labelsOfNode(
  node: DesiredNode,
  ports: readonly string[],
  existing: NodeLabels | undefined,
  refused: Set<string>,
): NodeLabels {
  const byPort = new Map<string, number>()
  const used = new Set<number>()
  for (const port of ports) {
    const label = existing?.byPort.get(port)
    if (label === undefined || label < node.labels.from || label > node.labels.to || used.has(label)) continue
    byPort.set(port, label)
    used.add(label)
  }
  let next = existing?.next ?? node.labels.from
  for (const port of ports) {
    if (byPort.has(port)) continue
    const label = firstFree(next, used, node.labels)
    if (label === undefined) {
      refused.add(port)
      continue
    }
    byPort.set(port, label)
    used.add(label)
    next = label + 1
  }
  return { byPort, next }
}
