import { expect } from 'chai'
import { DecodeFuzz } from './decode-fuzz.ts'
import { PeeringFuzz } from './peering-fuzz.ts'

/** A sample of `node test/fuzz/bgp.fuzz.ts`, always the same. */
describe('mutated messages', function () {
  this.timeout(60_000)

  it('never make the decoders throw, read over an end, or say another thing after encoding', () => {
    const fuzz = new DecodeFuzz(1)
    fuzz.run(200_000)
    expect(fuzz.report.decodes).equal(200_000)
    expect(fuzz.report.roundTrips, 'some are accepted').to.be.greaterThan(1_000)
    expect(fuzz.report.frames, 'some are framed').to.be.greaterThan(10_000)
  })

  it('cost a speaker the session they come on, and nobody else anything', async () => {
    const fuzz = new PeeringFuzz(1)
    await fuzz.start()
    fuzz.run(4_000)
    expect(fuzz.messages).equal(4_000)
    expect(fuzz.sessions).to.be.greaterThan(100)
  })
})
