/**
 * The update groups of all tables: who sits where. A group exists while it has members; members of one table whose
 * export rules have equal keys share it.
 */
import type { ExportRule } from './export-rule.ts'
import type { RtMembership } from './rt-membership.ts'
import type { Table } from './table.ts'
import { UpdateGroup } from './update-group.ts'
import type { GroupEncoder, Member } from './update-group.ts'

export class Groups {
  readonly #byTable = new Map<Table, Map<string, UpdateGroup>>()
  readonly #tablesOf = new Map<Member, Set<Table>>()
  /** Members whose transport is full, with or without a table. */
  readonly #full = new WeakSet<Member>()
  /** Tables that a peer has brought whole. */
  readonly #complete = new Set<Table>()

  /** Seats a member, or moves it where its rule has changed; the encoder is asked for only when the group is new. */
  join(
    table: Table,
    member: Member,
    group: { rule: ExportRule; membership: RtMembership; encoderFor: () => GroupEncoder },
  ): void {
    let groups = this.#byTable.get(table)
    if (!groups) this.#byTable.set(table, (groups = new Map()))
    let found = groups.get(group.rule.key)
    if (!found) {
      found = new UpdateGroup(table, group.rule, {
        encoder: group.encoderFor(),
        membership: group.membership,
        onFull: (full) => {
          this.#block(table, full)
        },
      })
      groups.set(group.rule.key, found)
    }
    const before = this.of(table, member)
    if (before === found) return
    found.join(member, this.#full.has(member), before)
    if (before) this.#unseat(table, member, before)
    const tables = this.#tablesOf.get(member)
    if (tables) tables.add(table)
    else this.#tablesOf.set(member, new Set([table]))
  }

  leave(table: Table, member: Member): void {
    const group = this.of(table, member)
    if (!group) return
    this.#unseat(table, member, group)
    const tables = this.#tablesOf.get(member)
    tables?.delete(table)
    if (tables?.size === 0) this.#tablesOf.delete(member)
  }

  #unseat(table: Table, member: Member, group: UpdateGroup): void {
    group.leave(member)
    if (group.isEmpty) this.#byTable.get(table)!.delete(group.rule.key)
  }

  /** One transport serves all tables: when one of them filled it, the others wait. */
  #block(filledBy: Table, member: Member): void {
    this.#full.add(member)
    const tables = this.#tablesOf.get(member)
    if (!tables) return
    // The others have their turn first when it drains.
    tables.delete(filledBy)
    tables.add(filledBy)
    for (const table of tables) if (table !== filledBy) this.of(table, member)?.block(member)
  }

  /** The member's transport takes frames again; returns the tables in which it sits. */
  unblock(member: Member): Iterable<Table> {
    this.#full.delete(member)
    const tables = this.#tablesOf.get(member) ?? []
    for (const table of tables) this.of(table, member)?.unblock(member)
    return tables
  }

  /** The group in which a member sits. */
  of(table: Table, member: Member): UpdateGroup | undefined {
    for (const group of this.#byTable.get(table)?.values() ?? []) if (group.has(member)) return group
    return undefined
  }

  countIn(table: Table): number {
    return this.#byTable.get(table)?.size ?? 0
  }

  in(table: Table): Iterable<UpdateGroup> {
    return this.#byTable.get(table)?.values() ?? []
  }

  /** The table is gone, with whoever still sat there. */
  dropTable(table: Table): void {
    for (const group of this.in(table)) group.releaseAll()
    this.#byTable.delete(table)
    this.#complete.delete(table)
    for (const [member, tables] of this.#tablesOf) {
      if (tables.delete(table) && tables.size === 0) this.#tablesOf.delete(member)
    }
  }

  /** Forgets what was computed for attribute ids or sources that are about to mean something else. */
  forget(): void {
    for (const groups of this.#byTable.values()) for (const group of groups.values()) group.forget()
  }

  /** A peer has brought the table whole: what repeats in it will hardly come again. */
  complete(table: Table): void {
    this.#complete.add(table)
  }

  /** Everything has been exported: gives back what groups of complete tables remembered, once for any number of peers. */
  giveBackMemos(): void {
    for (const table of this.#complete) for (const group of this.in(table)) group.giveBackMemos()
    this.#complete.clear()
  }
}
