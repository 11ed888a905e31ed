import { expect } from 'chai'
import { wantsHeapOptions } from '../../control/heap-options.ts'
import type { OwnProcess } from '../../control/heap-options.ts'

const daemon: OwnProcess = {
  args: ['run', '-c', 'heddle.yaml'],
  execArgv: [],
  nodeOptions: '',
  hasChannel: false,
}

describe('the heap of a daemon', () => {
  it('gets its size where nobody gave it one', () => {
    expect(wantsHeapOptions(daemon)).to.equal(true)
    expect(wantsHeapOptions({ ...daemon, args: ['-j', 'run'], execArgv: ['--inspect'] })).to.equal(true)
  })

  it('keeps the size that was given, so that a process replaces itself once', () => {
    expect(wantsHeapOptions({ ...daemon, execArgv: ['--max-semi-space-size=16'] })).to.equal(false)
    expect(wantsHeapOptions({ ...daemon, nodeOptions: '--max_semi_space_size=16' })).to.equal(false)
  })

  it('is left alone with a channel to the parent, which would be cut', () => {
    expect(wantsHeapOptions({ ...daemon, hasChannel: true })).to.equal(false)
  })

  it('is the matter of no other command', () => {
    for (const args of [[], ['--help'], ['show', 'peers'], ['check', '-c', 'run']])
      expect(wantsHeapOptions({ ...daemon, args }), args.join(' ')).to.equal(false)
  })
})
