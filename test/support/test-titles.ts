/**
 * Titles of all tests, by file below test/, without running any: for documents that name tests and must not lie. Mocha
 * itself lists them, since many titles are made from tables.
 */
import { execFile } from 'node:child_process'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
const mocha = fileURLToPath(new URL('../../node_modules/mocha/bin/mocha.js', import.meta.url))

interface Listing {
  readonly tests: readonly { readonly file: string; readonly fullTitle: string }[]
}

/** Full titles by file, as `bgp/fsm/transition.spec.ts`. */
export async function testTitles(): Promise<ReadonlyMap<string, readonly string[]>> {
  const titles = new Map<string, string[]>()
  for (const args of [
    ['test/**/*.spec.ts', '--exclude', 'test/interop/**'],
    ['--config', '.mocharc.interop.json', 'test/interop/**/*.spec.ts'],
  ]) {
    for (const { file, fullTitle } of (await list(args)).tests) {
      const path = relative(root, file).split(sep).slice(1).join('/')
      const known = titles.get(path)
      if (known) known.push(fullTitle)
      else titles.set(path, [fullTitle])
    }
  }
  return titles
}

async function list(args: readonly string[]): Promise<Listing> {
  const { stdout } = await run(process.execPath, [mocha, ...args, '--dry-run', '--reporter', 'json'], {
    cwd: root,
    maxBuffer: 256 * 1024 * 1024,
  })
  return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Listing
}

/** A reference to tests in a document: a file, and words of a title where one is meant. */
export interface TestReference {
  readonly file: string
  readonly words: string
}

/** References of a text: `bgp/wire/framer.spec.ts`, or `bgp/wire/framer.spec.ts › words of a title`. */
export function testReferences(text: string): TestReference[] {
  return [...text.matchAll(/`([\w./-]+\.spec\.ts)(?: › ([^`]+))?`/g)].map(([, file, words]) => ({
    file: file!,
    words: words ?? '',
  }))
}

/** The references that no test answers to. */
export function unanswered(
  references: readonly TestReference[],
  titles: ReadonlyMap<string, readonly string[]>,
): string[] {
  return references
    .filter(({ file, words }) => !titles.get(file)?.some((title) => title.includes(words)))
    .map(({ file, words }) => `${file} › ${words}`)
}
