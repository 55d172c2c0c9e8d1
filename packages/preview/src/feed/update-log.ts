import type { Change } from '@sitedrive/core/preview'

/** Updates that are remembered, for browsers that were away. */
const MAX_UPDATES = 1_000
/** Changes that they may have together: a list of most of the site is no better than none. */
const MAX_CHANGES = 20_000

/** Letters in their names together, which may be of any length: each browser is sent the list. */
const MAX_LETTERS = 2_000_000

/** The last updates of a preview. */
export class UpdateLog {
  private updates: { id: string; changes: Change[] }[] = []
  private changes = 0
  private letters = 0

  /** @param changes from the update before to this one; null when that is not known */
  add(id: string, changes: Change[] | null): void {
    if (!changes || lettersIn(changes) > MAX_LETTERS) {
      this.updates = [{ id, changes: [] }]
      this.changes = 0
      this.letters = 0
      return
    }
    this.updates.push({ id, changes })
    this.changes += changes.length
    this.letters += lettersIn(changes)
    while (this.updates.length > MAX_UPDATES || (this.isLong() && this.updates.length > 1)) {
      const oldest = this.updates.shift()?.changes ?? []
      this.changes -= oldest.length
      this.letters -= lettersIn(oldest)
    }
  }

  private isLong(): boolean {
    return this.changes > MAX_CHANGES || this.letters > MAX_LETTERS
  }

  /** What changed from one update to the newest, each path once; null when that one is not remembered. */
  since(id: string): Change[] | null {
    const at = this.updates.findLastIndex((update) => update.id === id)
    if (at === -1) return null
    const merged = new Map<string, Change | null>()
    for (const { changes } of this.updates.slice(at + 1))
      for (const change of changes) merged.set(change.path, both(merged.get(change.path), change))
    return [...merged.values()].filter((change) => change !== null)
  }
}

function lettersIn(changes: readonly Change[]): number {
  return changes.reduce((letters, { path }) => letters + path.length, 0)
}

/** Two changes of one path as one. */
function both(first: Change | null | undefined, second: Change): Change | null {
  if (!first) return second
  if (first.op === 'add') return second.op === 'remove' ? null : { ...second, op: 'add' }
  if (first.op === 'remove') return { ...second, op: second.op === 'add' ? 'change' : second.op }
  return second.op === 'add' ? { ...second, op: 'change' } : second
}
