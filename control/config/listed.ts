/**
 * Zod types for values that are lists by nature and single ones most of the time: each text is read by a parser of ours
 * and each refusal points at its own text.
 */
import * as z from 'zod'
import type { ListMatch } from '../../rib/policy/policy.ts'
import { isRefusal } from './parsed.ts'
import type { Parsed } from './parsed.ts'
import { didYouMean } from './suggest.ts'

type Report = (path: readonly (string | number)[], message: string, hint?: string) => void

/** One text or a list of them. Numbers are taken for their text. */
export function oneOrMore<T>(parse: (text: string) => Parsed<T>) {
  return reading((given, report) => readList(given, [], parse, report))
}

const MATCH_KEYS = ['any', 'all', 'none'] as const

/** One text or a list (any of them), or a mapping with any, all and none. */
export function listMatch<T>(parse: (text: string) => Parsed<T>) {
  return reading((given, report): ListMatch<T> => {
    if (!isMapping(given)) return { any: readList(given, [], parse, report) }
    const match: { -readonly [K in keyof ListMatch<T>]: ListMatch<T>[K] } = {}
    for (const [key, value] of Object.entries(given)) {
      const known = MATCH_KEYS.find((name) => name === key)
      if (known) match[known] = readList(value, [key], parse, report)
      else report([key], `unknown key ${key.slice(0, 60)}`, didYouMean(key, MATCH_KEYS))
    }
    return match
  })
}

function reading<T>(read: (given: unknown, report: Report) => T) {
  return z.unknown().transform((given, context): T => {
    const before = context.issues.length
    const value = read(given, (path, message, hint = '') => {
      context.issues.push({ code: 'custom', path: [...path], message, input: given, params: { hint } })
    })
    return context.issues.length > before ? z.NEVER : value
  })
}

function readList<T>(
  given: unknown,
  path: readonly (string | number)[],
  parse: (text: string) => Parsed<T>,
  report: Report,
): T[] {
  const items = Array.isArray(given) ? (given as unknown[]) : [given]
  if (items.length === 0) report(path, 'an empty list', 'leave the key out where it does not matter')
  return items.flatMap((item, index) => {
    const at = Array.isArray(given) ? [...path, index] : path
    if (typeof item !== 'string' && typeof item !== 'number') {
      report(at, 'a text is wanted here')
      return []
    }
    const parsed = parse(String(item))
    if (!isRefusal(parsed)) return [parsed.value]
    report(at, parsed.message, parsed.hint)
    return []
  })
}

function isMapping(given: unknown): given is Record<string, unknown> {
  return typeof given === 'object' && given !== null && !Array.isArray(given)
}
