import { expect } from 'chai'
import { agentsListing } from '../../../control/cli/listings.ts'

const agent = {
  name: 'compute-1',
  address: '192.0.2.21',
  state: 'Established' as const,
  ageSec: 3,
  paths: 0,
  counters: {},
  lastError: undefined,
}

describe('heddle show agents', () => {
  it('names the VRFs that an agent waits for', () => {
    const subscriptions = [
      { vrf: 'd:p:public:public', instanceId: 3, pending: false },
      { vrf: 'public', instanceId: 4, pending: true },
    ]
    expect(agentsListing.cells({ ...agent, subscriptions }).at(-1)).to.equal('waits for VRF public')
    expect(agentsListing.cells({ ...agent, subscriptions: subscriptions.slice(0, 1) }).at(-1)).to.equal('')
  })
})
