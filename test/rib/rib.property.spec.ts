import { expect } from 'chai'
import fc from 'fast-check'
import { checkInvariants, dumpRib } from '../support/rib-check.ts'
import { history } from './history.ts'
import { World } from './world.ts'

/** With slices of one route members stop in the middle of a table. */
const sliceRoutes = fc.constantFrom(1, 2, 3, 1024)

describe('rib: any history', () => {
  it('leaves tables equal to those computed from scratch, and members with exactly what they should have', () => {
    fc.assert(
      fc.property(sliceRoutes, history, (slice, commands) => {
        const world = new World(slice)
        world.setVrf('red', [0], [0])
        world.setVrf('blue', [0, 1], [1])
        for (const command of commands) command.run(world)
        world.settle()
        checkInvariants(world.rib)
        expect(dumpRib(world.rib)).to.deep.equal(dumpRib(world.rebuilt()))
        for (const [name, { member }] of world.members) {
          expect(member.faults, name).to.deep.equal([])
          expect([...member.unconfirmed], `${name} after refresh`).to.deep.equal([])
          expect(member.synced, `${name} synced`).to.be.greaterThan(0)
          expect([...member.held].sort(), name).to.deep.equal([...world.desired(name)].sort())
        }
        expect(world.faults).to.deep.equal([])
        // Nothing that is gone takes room once everybody has seen it go.
        for (const table of world.rib.tables())
          expect(table.routes.routeCount, table.name).to.equal(table.activeRouteCount)
      }),
      { numRuns: Number(process.env['HEDDLE_PROPERTY_RUNS'] ?? 300) },
    )
  })
})
