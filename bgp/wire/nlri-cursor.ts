/**
 * The routes an UPDATE is to carry, and how far encoding has come. The encoders of the families write NLRI until the
 * message is full or the routes are at their end, and leave `index` at the first route not written.
 */

/** Route i (from..from+count of a call) is the key at words[offsets[i]], with labels[i]. */
export interface NlriSource {
  readonly words: Int32Array
  readonly offsets: Int32Array
  readonly labels: Int32Array
  readonly from: number
}

/** What stands in the label field of VPN NLRI. */
export const LabelForm = { mpls: 0, vni: 1, withdrawn: 2 } as const
export type LabelForm = (typeof LabelForm)[keyof typeof LabelForm]

export class NlriCursor {
  source: NlriSource
  index: number
  end: number
  labelForm: LabelForm

  constructor() {
    const none = new Int32Array(0)
    this.source = { words: none, offsets: none, labels: none, from: 0 }
    this.index = 0
    this.end = 0
    this.labelForm = LabelForm.mpls
  }

  start(source: NlriSource, count: number, labelForm: LabelForm): void {
    this.source = source
    this.index = source.from
    this.end = source.from + count
    this.labelForm = labelForm
  }
}
