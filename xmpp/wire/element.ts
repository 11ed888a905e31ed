/**
 * An XML element of the subset that RFC 6120 §11 leaves: name, attributes, children, and its own character data in one
 * string. Namespaces are not resolved: agents declare them wrongly (agent-channel reference 10.1), so names count.
 */
const none: readonly never[] = []

export class Element {
  readonly name: string
  /** Names and values in turns, in their order; few, so a search is faster than a map. */
  attributes: readonly string[] = none
  children: readonly Element[] = none
  /** Character data of the element itself, without that of its children. */
  text = ''

  constructor(name: string) {
    this.name = name
  }

  attribute(name: string): string | undefined {
    for (let i = 0; i < this.attributes.length; i += 2) {
      if (this.attributes[i] === name) return this.attributes[i + 1]
    }
    return undefined
  }

  /** The first child of a name. */
  child(name: string): Element | undefined {
    for (const child of this.children) if (child.name === name) return child
    return undefined
  }

  childrenNamed(name: string): Element[] {
    return this.children.filter((child) => child.name === name)
  }

  /** Text of the first child of a name, as it is; '' when there is none. */
  childText(name: string): string {
    return this.child(name)?.text ?? ''
  }

  /** The first element of a name below this one, in document order. Depth is bounded by the parser. */
  descendant(name: string): Element | undefined {
    for (const child of this.children) {
      const found = child.name === name ? child : child.descendant(name)
      if (found) return found
    }
    return undefined
  }

  addAttribute(name: string, value: string): this {
    this.attributes = [...this.attributes, name, value]
    return this
  }

  addChild(child: Element): this {
    if (this.children === none) this.children = [child]
    else (this.children as Element[]).push(child)
    return this
  }
}
