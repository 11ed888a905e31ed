/**
 * Zod's issues as problems with places: an issue's path leads to a node of the YAML document, and the wording says what
 * an operator should do, not what a validator found.
 */
import * as z from 'zod'
import type { DocumentSource } from './document-source.ts'
import type { ConfigProblem, DocumentPath } from './problem.ts'
import { API_VERSION, clusterKinds, documentSchemas, kinds } from './schema.ts'
import type { AnyDocument, Kind } from './schema.ts'
import { didYouMean } from './suggest.ts'

export type ValidatedDocument =
  { readonly document: AnyDocument } | { readonly problems: readonly ConfigProblem[] }

/** Checks one document against the schema of its kind. */
export function validateDocument(source: DocumentSource): ValidatedDocument {
  const raw = source.value
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return {
      problems: [source.problem([], 'a document is a mapping with apiVersion, kind, metadata and spec')],
    }
  }
  const kind = (raw as { kind?: unknown }).kind
  if (typeof kind !== 'string' || !Object.hasOwn(documentSchemas, kind)) {
    return { problems: [kindProblem(source, kind)] }
  }
  const schema = documentSchemas[kind as Kind]
  const result = schema.safeParse(raw)
  if (result.success) return { document: result.data as AnyDocument }
  return { problems: result.error.issues.flatMap((issue) => problemsOf(source, schema, issue)) }
}

function kindProblem(source: DocumentSource, kind: unknown): ConfigProblem {
  if (kind === undefined) return source.problem(['kind'], 'kind is missing', `one of ${kinds.join(', ')}`)
  if (typeof kind !== 'string')
    return source.problem(['kind'], 'kind is not a text', `one of ${kinds.join(', ')}`)
  return source.problem(['kind'], `there is no kind ${kind.slice(0, 60)}`, didYouMean(kind, kinds))
}

function problemsOf(source: DocumentSource, schema: z.ZodType, issue: z.core.$ZodIssue): ConfigProblem[] {
  const path = issue.path as DocumentPath
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(source, schema, [...path, key]))
    case 'invalid_type':
    case 'invalid_union':
    case 'invalid_value':
      return [wrongValue(source, path, issue)]
    case 'custom':
      return [source.problem(path, issue.message, String(issue.params?.['hint'] ?? ''))]
    case 'too_small':
      if (issue.origin === 'array')
        return [source.problem(path, `${last(path)} needs at least ${issue.minimum}`)]
      return [source.problem(path, `${last(path)} is at least ${issue.minimum}`)]
    case 'too_big':
      return [source.problem(path, `${last(path)} is at most ${issue.maximum}`)]
    default:
      return [source.problem(path, issue.message)]
  }
}

function wrongValue(
  source: DocumentSource,
  path: DocumentPath,
  issue: z.core.$ZodIssueInvalidType | z.core.$ZodIssueInvalidUnion | z.core.$ZodIssueInvalidValue,
): ConfigProblem {
  const value = valueAt(source.value, path)
  if (value === undefined) {
    const hint = issue.code === 'invalid_value' ? `write ${last(path)}: ${issue.values.join(' or ')}` : ''
    return source.problem(path, `${last(path)} is missing`, hint)
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String)
    const hint =
      last(path) === 'apiVersion' ? `write apiVersion: ${API_VERSION}` : didYouMean(String(value), values)
    return source.problem(path, `${last(path)} cannot be ${printed(value)}`, hint)
  }
  const expected = issue.code === 'invalid_union' ? 'a text or a number' : expectedName(issue.expected)
  const hint =
    value === null
      ? 'leave the key out for its default'
      : issue.code === 'invalid_type' && issue.expected === 'string' && typeof value === 'number'
        ? `put it in quotes: "${value}"`
        : ''
  // What stands here by mistake may be the password itself.
  const found = path.includes('authentication') ? 'what it is' : printed(value)
  return source.problem(path, `${last(path)} is ${expected}, not ${found}`, hint)
}

function expectedName(expected: string): string {
  switch (expected) {
    case 'string':
      return 'a text'
    case 'int':
      return 'a whole number'
    case 'number':
      return 'a number'
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'a list'
    case 'object':
    case 'record':
      return 'a mapping'
    default:
      return expected
  }
}

function printed(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value)
}

function unknownKey(source: DocumentSource, schema: z.ZodType, path: DocumentPath): ConfigProblem {
  const key = String(path.at(-1))
  const kind = (source.value as { kind: string }).kind
  if (key === 'namespace' && path[0] === 'metadata' && clusterKinds.has(kind)) {
    return source.problem(path, `${kind} belongs to no namespace`, 'leave it out', 'key')
  }
  if (key === 'password' && path.includes('authentication')) {
    return source.problem(path, 'a password does not belong into the configuration', PASSWORD_HINT, 'key')
  }
  const known = keysAt(schema, path.slice(0, -1))
  return source.problem(path, `unknown key ${key.slice(0, 60)}`, didYouMean(key, known, 16), 'key')
}

const PASSWORD_HINT =
  'write passwordFile: with the path of a file that holds it, or passwordEnv: with a variable'

/** The keys a schema knows in the mapping at a path. */
function keysAt(schema: z.ZodType, path: DocumentPath): string[] {
  let at: z.core.$ZodType | undefined = unwrapped(schema)
  for (const part of path) {
    if (at instanceof z.ZodObject) at = unwrapped((at.shape as Record<string, z.core.$ZodType>)[String(part)])
    else if (at instanceof z.ZodArray) at = unwrapped(at.element)
    else return []
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : []
}

function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrapped(schema.unwrap())
  }
  // A mapping that may also be written as one value.
  if (schema instanceof z.ZodPipe && schema.in instanceof z.ZodTransform) return unwrapped(schema.out)
  return schema
}

function valueAt(value: unknown, path: DocumentPath): unknown {
  let at = value
  for (const part of path) at = (at as Record<string | number, unknown> | null | undefined)?.[part]
  return at
}

function last(path: DocumentPath): string {
  const names = path.filter((part) => typeof part === 'string')
  const end = path.at(-1)
  return typeof end === 'number' ? `${names.at(-1) ?? ''}[${end}]` : String(end ?? 'the document')
}
