const undoings: (() => unknown)[] = []

/** Undoes something when the tests of this file are done: what was made last goes first. */
export function later(undo: () => unknown): void {
  undoings.push(undo)
}

export async function undoAll(): Promise<void> {
  for (const undo of undoings.splice(0).toReversed()) await undo()
}
