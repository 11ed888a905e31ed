/**
 * What may stand at an argument or option, for shell completion: files, fixed words, or names that only the daemon knows.
 */
import type { Argument, Option } from 'commander'

export const nameKinds = ['peers', 'agents', 'vrfs', 'tables', 'floating-ips', 'route-targets'] as const
export type NameKind = (typeof nameKinds)[number]
export type CompletionKind = NameKind | 'files'

const kinds = new WeakMap<Argument | Option, CompletionKind>()

/** Notes what completes an argument or option. */
export function completes<T extends Argument | Option>(subject: T, kind: CompletionKind): T {
  kinds.set(subject, kind)
  return subject
}

/** What completes it; options whose value is named FILE take files without being told. */
export function completionKindOf(subject: Argument | Option): CompletionKind | undefined {
  const kind = kinds.get(subject)
  if (kind) return kind
  const name = 'flags' in subject ? subject.flags : subject.name()
  return /\b(file|dir|folder|path)\b/i.test(name) ? 'files' : undefined
}
