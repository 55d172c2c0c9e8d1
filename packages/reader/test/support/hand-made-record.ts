/** What the record of a release says, by hand: the oracle is no code of ours. @param facts what is to be different */
export function handMadeRecord(facts: object = {}): object {
  return {
    release: 1,
    publishedAt: '2026-01-01T00:00:00.000Z',
    generator: null,
    added: 1,
    changed: 0,
    removed: 0,
    files: 1,
    bytes: 1,
    titles: [],
    rollbackOf: null,
    previous: 0,
    skips: [],
    source: { commit: null, isChanged: false, files: 1, bytes: 1 },
    ...facts
  }
}
