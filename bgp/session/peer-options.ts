/**
 * What is out of the ordinary in a peer's configuration, in the words of an operator: `local-as 65010 no-prepend`.
 */
import type { PeerConfig } from './peer-config.ts'

/** One text for each thing. */
export function peerOptions(config: PeerConfig): string[] {
  const { localAs } = config
  const options: string[] = []
  if (localAs) {
    const { asn, noPrepend, replaceAs } = localAs
    options.push(`local-as ${asn}${noPrepend ? ' no-prepend' : ''}${replaceAs ? ' replace-as' : ''}`)
  }
  return options
}
