/**
 * Writes the committed result of the benchmark into the documents that show it: `node .ci/bench-docs.mjs`, after
 * `npm run bench -- --json docs/bench-result.json`. The tests compare them.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readResults } from '../control/bench/result-file.ts'
import { markdownOf, withEmbedded } from '../control/bench/result-markdown.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const result = await readResults([join(root, 'docs/bench-result.json')])
for (const [name, extent] of [
  ['README.md', 'summary'],
  ['docs/PERFORMANCE.md', 'full'],
]) {
  const file = join(root, name)
  writeFileSync(file, withEmbedded(readFileSync(file, 'utf8'), extent, markdownOf(result, extent)))
}
