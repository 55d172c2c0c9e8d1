import type { Change } from '@sitedrive/core/preview'

/** The number of updates that are kept for browsers that were disconnected. */
const MAX_UPDATES = 1_000
/** The maximum number of changes in all kept updates: a list of most of the site is not useful. */
const MAX_CHANGES = 20_000

/** The maximum length of all paths in the kept updates: paths can be long, and the list is sent to each browser. Characters. */
const MAX_CHARACTERS = 2_000_000

/** The last updates of a preview. */
export class UpdateLog {
  private updates: { id: string; changes: Change[] }[] = []
  private changes = 0
  private characters = 0

  /** @param changes from the update before to this one; null when they are not known */
  add(id: string, changes: Change[] | null): void {
    if (!changes || charactersIn(changes) > MAX_CHARACTERS) {
      this.updates = [{ id, changes: [] }]
      this.changes = 0
      this.characters = 0
      return
    }
    this.updates.push({ id, changes })
    this.changes += changes.length
    this.characters += charactersIn(changes)
    while (this.updates.length > MAX_UPDATES || (this.isLong() && this.updates.length > 1)) {
      const oldest = this.updates.shift()?.changes ?? []
      this.changes -= oldest.length
      this.characters -= charactersIn(oldest)
    }
  }

  private isLong(): boolean {
    return this.changes > MAX_CHANGES || this.characters > MAX_CHARACTERS
  }

  /** The changes from one update to the newest, each path once; null when that update is not remembered. */
  since(id: string): Change[] | null {
    const at = this.updates.findLastIndex((update) => update.id === id)
    if (at === -1) return null
    const merged = new Map<string, Change | null>()
    for (const { changes } of this.updates.slice(at + 1))
      for (const change of changes) merged.set(change.path, combined(merged.get(change.path), change))
    return [...merged.values()].filter((change) => change !== null)
  }
}

function charactersIn(changes: readonly Change[]): number {
  return changes.reduce((characters, { path }) => characters + path.length, 0)
}

/** Combines two changes of one path; null when they cancel each other out. */
function combined(first: Change | null | undefined, second: Change): Change | null {
  if (!first) return second
  if (first.op === 'add') return second.op === 'remove' ? null : { ...second, op: 'add' }
  if (first.op === 'remove') return { ...second, op: second.op === 'add' ? 'change' : second.op }
  return second.op === 'add' ? { ...second, op: 'change' } : second
}
