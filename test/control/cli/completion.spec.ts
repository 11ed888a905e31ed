import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ApiServer } from '../../../control/api/api-server.ts'
import { LabNode, serve } from '../api/lab-node.ts'
import { cli } from './cli-run.ts'

describe('heddle completion', () => {
  let folder: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-completion-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const checks: readonly [shell: string, ...check: string[]][] = [
    ['bash', '-n'],
    ['zsh', '-n'],
    ['fish', '--no-execute'],
  ]
  for (const [shell, ...check] of checks) {
    const isInstalled = spawnSync(shell, ['--version']).status === 0
    // The script is made in any case; only the shell's own opinion needs the shell.
    it(`writes a script that ${shell} ${isInstalled ? 'can parse' : 'would get (not installed here)'}`, async () => {
      const { status, stdout } = await cli('completion', shell)
      expect(status).equal(0)
      expect(stdout).to.include('heddle __complete peers').and.to.include('show routes')
      expect(stdout, 'hidden commands stay hidden').not.to.match(
        /[' ]__complete[' ](?!peers|agents|vrfs|tables|floating-ips|route-targets)/,
      )
      if (!isInstalled) return
      const file = join(folder, `heddle.${shell}`)
      writeFileSync(file, stdout)
      const run = spawnSync(shell, [...check, file], { encoding: 'utf8' })
      expect(run.stderr).equal('')
      expect(run.status).equal(0)
    })
  }

  it('refuses a shell that it does not know, with status 2', async () => {
    expect((await cli('completion', 'csh')).status).equal(2)
  })

  describe('in bash', () => {
    let script: string

    before(async () => {
      script = join(folder, 'heddle.bash')
      writeFileSync(script, (await cli('completion', 'bash')).stdout)
    })

    /** What bash offers at the end of a line; `heddle` itself is a function that answers __complete. */
    function offers(line: string): string[] {
      const program = `
        heddle() { case $2 in peers) echo gw; echo gw2;; tables) echo public; echo default-domain:k8s:public:public;; esac; }
        source ${script}
        COMP_LINE=${JSON.stringify(line)}; COMP_POINT=\${#COMP_LINE}
        COMP_WORDBREAKS=${JSON.stringify(' :=')}
        _heddle
        printf '%s\\n' "\${COMPREPLY[@]}"`
      const text = execFileSync('bash', ['-c', program], { encoding: 'utf8' })
      return text
        .split('\n')
        .filter((word) => word !== '')
        .sort()
    }

    it('offers commands, and options once a dash is typed', () => {
      expect(offers('heddle '))
        .to.include.members(['run', 'check', 'show', 'watch'])
        .and.not.include('__complete')
      expect(offers('heddle sh')).deep.equal(['show'])
      expect(offers('heddle show r')).deep.equal(['route-targets', 'routes'])
      expect(offers('heddle show routes --n')).deep.equal(['--next-hop'])
      expect(offers('heddle show peers --js')).deep.equal(['--json'])
    })

    it('offers the names that the daemon knows, those with colons behind the last one', () => {
      expect(offers('heddle show peers ')).deep.equal(['gw', 'gw2'])
      expect(offers('heddle show routes --peer g')).deep.equal(['gw', 'gw2'])
      expect(offers('heddle show routes pub')).deep.equal(['public'])
      expect(offers('heddle show routes default-domain:k8s:p')).deep.equal(['public:public'])
    })

    it('offers files where a file is wanted', () => {
      expect(offers(`heddle run -c ${folder}/heddle.ba`)).deep.equal([script])
      expect(offers('heddle completion ')).deep.equal(['bash', 'fish', 'zsh'])
    })
  })

  describe('__complete', () => {
    let api: ApiServer
    let address: string

    before(async () => {
      ;({ api, address } = await serve(new LabNode()))
    })
    after(() => api.close())

    it('prints the names of a kind, a line each', async () => {
      const run = async (kind: string): Promise<string[]> =>
        (await cli('__complete', kind, '--server', address)).stdout.trimEnd().split('\n')
      expect(await run('peers')).deep.equal(['gw'])
      expect(await run('vrfs')).to.include.members(['public', 'k8s:blue', 'admin:blue'])
      expect(await run('tables')).to.include.members(['inet-vpn', 'bgp.l3vpn.0', 'public'])
      expect(await run('route-targets')).to.include('target:64512:101')
      expect(await run('floating-ips')).to.include('k8s/web-public')
    })

    it('is silent, with status 0, when no daemon answers', async () => {
      expect(await cli('__complete', 'peers', '--server', '127.0.0.1:1')).deep.equal({
        status: 0,
        stdout: '',
        stderr: '',
      })
    })
  })
})
