import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parseConfig } from '../../../control/config/load.ts'
import { documentSchemas } from '../../../control/config/schema.ts'
import { controlNode } from './config-text.ts'

const root = new URL('../../../', import.meta.url)

/** The complete documents among a page's examples: fragments of one show a key or two. */
function examples(page: string): string[] {
  const text = readFileSync(new URL(page, root), 'utf8')
  return [...text.matchAll(/^```yaml\n(.*?)^```/gms)]
    .map(([, block]) => block!)
    .filter((block) => /^kind: /m.test(block))
}

describe('the examples of the documentation', () => {
  for (const page of ['README.md', 'docs/POLICY.md']) {
    examples(page).forEach((block, index) => {
      it(`load: ${page}, number ${index + 1}`, () => {
        const text = /^kind: ControlNode/m.test(block) ? block : `${controlNode}---\n${block}`
        expect(parseConfig([{ file: page, text }]).problems).to.deep.equal([])
      })
    })
  }

  it('of policies name every key that there is', () => {
    const page = readFileSync(new URL('docs/POLICY.md', root), 'utf8')
    const term = documentSchemas.RoutingPolicy.shape.spec.shape.terms.unwrap().element.shape
    const keys = [...Object.keys(term.match.unwrap().shape), ...Object.keys(term.set.unwrap().shape)]
    expect(keys.filter((key) => !page.includes(`\`${key}\``))).to.deep.equal([])
  })
})
