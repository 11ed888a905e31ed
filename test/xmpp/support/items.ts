/** The route of the samples as a value, and entries with one element changed. */
import { Family } from '../../../rib/model/family.ts'
import { parseIpv4 } from '../../../rib/model/ip-address.ts'
import { parsePrefix } from '../../../rib/model/route-key.ts'
import type { Element } from '../../../xmpp/wire/element.ts'
import type { InetItem } from '../../../xmpp/wire/inet-item.ts'
import { elementsOf, sample } from './samples.ts'

/** What the sample `inet-add` says. */
export const sampleItem: InetItem = {
  family: Family.inet,
  prefix: parsePrefix('10.1.1.3/32')!,
  nextHops: [
    {
      address: parseIpv4('10.10.0.11')!,
      mac: Uint8Array.of(0, 0, 0x5e, 0, 1, 0),
      label: 21,
      encapsulations: ['gre', 'udp'],
      virtualNetwork: 'default-domain:k8s:blue',
      tags: [],
      localSequence: 0,
    },
  ],
  virtualNetwork: '',
  sequence: 0,
  isSticky: false,
  securityGroups: [8000001],
  communities: [],
  localPref: 100,
  med: 0,
  loadBalance: undefined,
  subProtocol: 'interface',
}

export function itemWith(changes: Partial<InetItem>, hop: Partial<InetItem['nextHops'][0]> = {}): InetItem {
  return { ...sampleItem, ...changes, nextHops: [{ ...sampleItem.nextHops[0]!, ...hop }] }
}

/** The entry of a sample, with `from` replaced by `to` in its text. */
export function entryOf(name: string, from: string | RegExp = '', to = ''): Element {
  const text = sample(name)
  const changed = text.replace(from, to)
  if (from !== '' && changed === text) throw new Error(`${name} does not hold ${from}`)
  return elementsOf(changed)[0]!.descendant('entry')!
}
