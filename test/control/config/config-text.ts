/** Configuration texts for tests: a correct one, and small changes to it. */
import { parseConfig } from '../../../control/config/load.ts'
import type { Documents } from '../../../control/config/documents.ts'

const HEAD = 'apiVersion: heddle.dev/v1alpha1\n'

/** One document from its kind, name and spec (flow or block YAML, indented by two). */
export function document(kind: string, metadata: string, spec: string): string {
  return `---\n${HEAD}kind: ${kind}\nmetadata: {${metadata}}\nspec:\n${spec.replace(/^(?=.)/gm, '  ')}\n`
}

export const controlNode = document(
  'ControlNode',
  'name: ctl1',
  'autonomousSystem: 64512\nrouterID: 192.0.2.10\nstateDir: /tmp/unused',
)

export function network(name: string, rest = '', namespace = 'p'): string {
  const subnets = rest.includes('subnets') ? '' : 'subnets: [{cidr: 10.0.0.0/24}]\n'
  return document('VirtualNetwork', `name: ${name}, namespace: ${namespace}`, `${subnets}${rest}`)
}

export function documentsOf(...texts: string[]): Documents {
  const loaded = parseConfig([{ file: 'test.yaml', text: texts.join('') }])
  if (!loaded.documents) throw new Error(JSON.stringify(loaded.problems, undefined, 1))
  return loaded.documents
}

/** Problems of a text, as `line:column path message | hint`. */
export function problemsOf(...texts: string[]): string[] {
  return parseConfig([{ file: 'test.yaml', text: texts.join('') }]).problems.map(
    ({ line, column, path, message, hint }) => `${line}:${column} ${path} ${message} | ${hint}`,
  )
}

/** Problems without their places. */
export function messagesOf(...texts: string[]): string[] {
  return parseConfig([{ file: 'test.yaml', text: texts.join('') }]).problems.map(({ message }) => message)
}

export function hintsOf(...texts: string[]): string[] {
  return parseConfig([{ file: 'test.yaml', text: texts.join('') }]).problems.map(({ hint }) => hint)
}
